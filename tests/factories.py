"""Creates rows for tests."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from content_pipeline.core.calendar import items
from content_pipeline.core.infrastructure import s3_multipart
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.library import multipart_uploads, uploads
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.models import Account, CalendarItem, MultipartUpload, Publication, Twin, Upload, Workspace
from content_pipeline.core.twins import twins
from content_pipeline.core.workspaces import workspaces


def make_workspace(session: Session, plan: str = "studio") -> UUID:
    """A new workspace, so that tests do not see each other's rows."""
    workspace = Workspace(id=uuid4(), name=f"workspace-{uuid4()}", plan=plan, created_at=now())
    session.add(workspace)
    session.flush()
    return workspace.id


def make_twin(session: Session, workspace_id: UUID, name: str = "Tech Creator", **fields: Any) -> Twin:
    return twins.create(session, workspace_id, {"name": name, "voice_id": "en-US", "style_tags": ["casual"]} | fields)


def make_account(session: Session, workspace_id: UUID, platform: str = "instagram", **fields: Any) -> Account:
    """A connected account without usable tokens."""
    usual = {"user_id": str(uuid4()), "handle": "@mara.bakes", "name": "Mara Bakes", "status": "connected"}
    account = Account(
        id=uuid4(),
        workspace_id=workspace_id,
        platform=platform,
        scopes=[],
        created_at=now(),
        **(usual | {"connected_at": now()} | fields),
    )
    session.add(account)
    session.flush()
    return account


def make_item(session: Session, twin: Twin, *, due_in: timedelta = timedelta(days=1), **fields: Any) -> CalendarItem:
    """A calendar item with a script, scheduled in a day."""
    usual = {
        "twin_id": twin.id,
        "title": "How AI is changing content creation",
        "platform": "instagram",
        "scheduled_at": now() + due_in,
        "script": "AI is transforming how creators work.",
    }
    return items.create(session, twin.workspace_id, usual | fields)


def make_publication(session: Session, account_id: UUID, **fields: Any) -> Publication:
    """A published post of a client's own video."""
    account = session.get_one(Account, account_id)
    usual = {
        "request_id": uuid4(),
        "reel_url": "https://example.com/bread.mp4",
        "script": "Bread needs time.",
        "options": {"caption_style": "long"},
        "words": {"title": None, "text": "Bread needs time.", "hashtags": ["baking"]},
        "committed_at": now(),
        "published_at": now(),
        "post_id": str(uuid4()),
        "created_at": now(),
    }
    publication = Publication(
        id=uuid4(),
        workspace_id=account.workspace_id,
        account_id=account_id,
        platform=account.platform,
        **(usual | fields),
    )
    session.add(publication)
    session.flush()
    return publication


def make_upload(session: Session, workspace_id: UUID, **fields: Any) -> Upload:
    """A client's video whose file is not stored."""
    upload_id = uuid4()
    usual = {
        "kind": "video", "file_key": uploads.file_key(workspace_id, upload_id), "file_name": "holiday.mp4",
        "content_type": "video/mp4", "size": 1000, "width": 1080, "height": 1920,
        "media": MediaInfo(
            seconds=10.0, has_audio=True, has_video=True, width=1080, height=1920, frames_per_second=30.0,
            video_codec="h264", audio_codec="aac", container="mov", bytes=1000,
        ),
        "created_at": now(), "expires_at": now() + timedelta(days=30),
    }  # fmt: skip
    upload = Upload(id=upload_id, workspace_id=workspace_id, **(usual | fields))
    session.add(upload)
    session.flush()
    return upload


def make_multipart_upload(session: Session, workspace_id: UUID, **fields: Any) -> MultipartUpload:
    """One of a file of two parts, of which none has arrived."""
    upload_id = uuid4()
    store_id = s3_multipart.create(uploads.file_key(workspace_id, upload_id))
    usual = {"file_name": "holiday.mp4", "size": multipart_uploads.PART_BYTES + 1000, "store_id": store_id}
    plan = workspaces.plan_of(session, workspace_id)
    return multipart_uploads.create(session, plan, workspace_id, upload_id, **(usual | fields))
