"""Uploads: clients' own videos, pictures and sounds, which captions, reels and posts may use by their id."""

import re
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import PlanLimit
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.library.examination import Examined
from content_pipeline.core.models import MultipartUpload, Plan, Upload, Workspace
from content_pipeline.core.models.uploads import UploadKind
from content_pipeline.core.workspaces.ownership import owned

MAX_NAME: Final = 255


def create(
    session: Session,
    plan: Plan,
    workspace_id: UUID,
    upload_id: UUID,
    *,
    file_name: str,
    size: int,
    examined: Examined,
) -> Upload:
    """Create the row of an examined file of `size` bytes, which is stored under `file_key`. Raises PlanLimit."""
    check_room(session, plan, workspace_id, size)
    created_at = now()
    upload = Upload(
        id=upload_id,
        workspace_id=workspace_id,
        kind=examined.kind,
        file_key=file_key(workspace_id, upload_id),
        file_name=clean_name(file_name),
        content_type=examined.content_type,
        size=size,
        media=examined.media,
        width=examined.width,
        height=examined.height,
        created_at=created_at,
        expires_at=created_at + timedelta(days=plan.upload_days),
    )
    session.add(upload)
    session.flush()
    return upload


def get(
    session: Session, workspace_id: UUID, upload_id: UUID, *, lock: Literal["share", "update"] | None = None
) -> Upload:
    """Raises NotFound, also for one that is deleted and for one whose parts are not complete.

    One that is locked for `share` is not deleted before the transaction ends.
    """
    return owned(session, Upload, workspace_id, upload_id, lock=lock)


def list_page(
    session: Session, workspace_id: UUID, *, limit: int, cursor: str | None = None, kind: UploadKind | None = None
) -> tuple[list[Upload], str | None]:
    """A page of uploads, newest first, and the cursor of the next one."""
    query = select(Upload).where(Upload.workspace_id == workspace_id, Upload.deleted_at.is_(None))
    if kind:
        query = query.where(Upload.kind == kind)
    return newest_first(session, query, Upload, limit=limit, cursor=cursor)


def link(upload: Upload) -> str:
    """A signed link to the file, valid for `link_seconds`, under the name that the client gave it."""
    return storage.signed_url(upload.file_key, file_name=upload.file_name)


def check_room(session: Session, plan: Plan, workspace_id: UUID, size: int) -> None:
    """Raises PlanLimit when `size` more bytes are more than the plan lets a workspace store.

    Files that are still sent in parts count with all of their size. The workspace's other uploads wait for the end of
    the transaction: two at once could both take the last room.
    """
    session.get_one(Workspace, workspace_id, with_for_update={"key_share": True})
    stored = sum(
        session.scalars(select(func.coalesce(func.sum(table.size), 0)).where(*conditions)).one()
        for table, conditions in (
            (Upload, (Upload.workspace_id == workspace_id, Upload.deleted_at.is_(None))),
            (MultipartUpload, (MultipartUpload.workspace_id == workspace_id,)),
        )
    )
    if stored + size > plan.upload_storage_bytes:
        raise PlanLimit(
            f"Your plan stores {plan.upload_storage_bytes:,} bytes of uploads; {stored:,} are taken.",
            code="plan_limit",
            remedy="Delete uploads that you no longer need, or choose a larger plan.",
        )


def file_key(workspace_id: UUID, upload_id: UUID) -> str:
    """The object key of an upload's file."""
    return f"{workspace_id}/uploads/{upload_id}/file"


def clean_name(name: str) -> str:
    """The last part of a path of any system, as it can be shown: without control characters, of at most MAX_NAME."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(character for character in last if character.isprintable()).strip()
    return shown[:MAX_NAME] or "file"
