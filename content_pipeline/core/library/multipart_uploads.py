"""Resumable uploads: a client sends the parts of a file to the object store, by presigned addresses.

The store knows which parts have arrived, so an upload goes on after any interruption of the client, the API or the
network. Its row reserves room in the plan until the parts are joined, dropped or a day old (`KEPT`).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, NotFound
from content_pipeline.core.infrastructure import s3_multipart, storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.infrastructure.s3_multipart import StoredPart
from content_pipeline.core.library import uploads
from content_pipeline.core.library.examination import Examined, examine
from content_pipeline.core.models import MultipartUpload, Plan, Upload
from content_pipeline.core.workspaces.ownership import owned

KEPT: Final = timedelta(days=1)
# S3 takes 10,000 parts of at least 5 MiB, but for the last. One of 16 MiB is lost within seconds and sent again.
PART_BYTES: Final = 16 * 1024 * 1024
_MOST_PARTS: Final = 10_000
# A workspace may have this many unfinished uploads. Files of one byte take no room of the plan, but each takes a row
# and an entry of the store.
MOST_OPEN: Final = 100


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `offset` to before `offset + size` of the file; the first `number` is 1."""

    number: int
    offset: int
    size: int


def create(
    session: Session,
    plan: Plan,
    workspace_id: UUID,
    upload_id: UUID,
    *,
    file_name: str,
    size: int,
    store_id: str,
) -> MultipartUpload:
    """Create the row of an upload that `s3_multipart.create` has begun under `uploads.file_key`.

    Raises as `check_room` does.
    """
    check_room(session, plan, workspace_id, size)
    upload = MultipartUpload(
        id=upload_id,
        workspace_id=workspace_id,
        file_key=uploads.file_key(workspace_id, upload_id),
        file_name=uploads.clean_name(file_name),
        size=size,
        part_size=max(PART_BYTES, ceil(size / _MOST_PARTS)),
        store_id=store_id,
        created_at=now(),
    )
    session.add(upload)
    session.flush()
    return upload


def check_room(session: Session, plan: Plan, workspace_id: UUID, size: int) -> None:
    """Raises PlanLimit when the plan has no room for `size` bytes, Conflict `too_many_uploads` beyond MOST_OPEN.

    The workspace's other uploads wait for the end of the transaction.
    """
    uploads.check_room(session, plan, workspace_id, size)
    is_own = MultipartUpload.workspace_id == workspace_id
    if session.scalars(select(func.count()).select_from(MultipartUpload).where(is_own)).one() >= MOST_OPEN:
        raise Conflict(
            f"{MOST_OPEN} uploads in parts are not complete.",
            code="too_many_uploads",
            remedy="Complete or drop some of them (GET /uploads/multipart lists them); after a day they are dropped.",
        )


def get(session: Session, workspace_id: UUID, upload_id: UUID) -> MultipartUpload:
    """Raises NotFound, also for one that is complete."""
    return owned(session, MultipartUpload, workspace_id, upload_id)


def list_page(
    session: Session, workspace_id: UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[MultipartUpload], str | None]:
    """A page of uploads that are not complete, newest first, and the cursor of the next one."""
    query = select(MultipartUpload).where(MultipartUpload.workspace_id == workspace_id)
    return newest_first(session, query, MultipartUpload, limit=limit, cursor=cursor)


def expires_at(upload: MultipartUpload) -> datetime:
    """When retention drops it, if it is not complete by then."""
    return upload.created_at + KEPT


def parts(upload: MultipartUpload) -> Iterator[Part]:
    """All parts of the file, by number."""
    for number, offset in enumerate(range(0, upload.size, upload.part_size), start=1):
        yield Part(number, offset, min(upload.part_size, upload.size - offset))


def missing_parts(upload: MultipartUpload) -> list[Part]:
    """The parts that have not arrived. Raises NotFound when the store has dropped them, Unavailable."""
    arrived = _arrived_parts(upload)
    return [] if arrived is None else _missing(upload, arrived)


def _arrived_parts(upload: MultipartUpload) -> list[StoredPart] | None:
    """The parts that the store has; None where a completion has joined them."""
    try:
        return s3_multipart.list_parts(upload.file_key, upload.store_id)
    except NotFound:
        if storage.exists(upload.file_key):
            return None
        raise _dropped(upload) from None


def _missing(upload: MultipartUpload, arrived: Iterable[StoredPart]) -> list[Part]:
    sizes = {part.number: part.size for part in arrived}
    return [part for part in parts(upload) if sizes.get(part.number) != part.size]


def complete(upload: MultipartUpload, target: Path, *, media_seconds: int) -> Examined:
    """Join the parts, fetch the file to `target` and examine it. May be repeated, also after an interruption.

    Raises Conflict `upload_incomplete`; NotFound; Unavailable; what `examine` raises. The file and the row of one that
    is refused are the caller's to delete.
    """
    arrived = _arrived_parts(upload)
    if arrived is not None:
        _join(upload, arrived)
    try:
        storage.fetch(upload.file_key, target)
    except NotFound:
        raise _dropped(upload) from None
    examined = examine(target, workspace_id=upload.workspace_id, media_seconds=media_seconds)
    storage.set_content_type(upload.file_key, examined.content_type)
    return examined


def _join(upload: MultipartUpload, arrived: Sequence[StoredPart]) -> None:
    """Raises Conflict `upload_incomplete`."""
    missing = _missing(upload, arrived)
    # While SeaweedFS deletes the parts that another request has joined, it lists fewer of them.
    if missing and storage.exists(upload.file_key):
        return
    if missing:
        raise Conflict(
            f"Parts of this file have not arrived: {len(missing):,}.",
            code="upload_incomplete",
            remedy="Get the upload for the addresses of the missing parts, send them, and complete it again.",
        )
    with suppress(NotFound):  # another request has joined them meanwhile
        s3_multipart.complete(upload.file_key, upload.store_id, arrived)


def finish(
    session: Session, plan: Plan, workspace_id: UUID, upload_id: UUID, examined: Examined | None
) -> tuple[Upload, bool]:
    """Replace the row of a completed upload by that of its file, or get the latter where it exists already.

    Returns it, and whether it was made now. Raises NotFound for an unknown upload and one that was dropped meanwhile,
    and PlanLimit.
    """
    upload = session.get(MultipartUpload, upload_id, with_for_update=True)
    if upload is None or examined is None:
        return uploads.get(session, workspace_id, upload_id), False
    session.delete(upload)
    session.flush()  # so that its reserved room is free
    made = uploads.create(
        session,
        plan,
        upload.workspace_id,
        upload.id,
        file_name=upload.file_name,
        size=upload.size,
        examined=examined,
    )
    return made, True


def drop(upload: MultipartUpload) -> None:
    """Delete what the store has of it. Raises Unavailable."""
    s3_multipart.abort(upload.file_key, upload.store_id)
    storage.delete(upload.file_key)


def _dropped(upload: MultipartUpload) -> NotFound:
    return NotFound(
        f"The parts of the upload {upload.id} are gone.", code="upload_not_found", remedy="Begin a new upload."
    )
