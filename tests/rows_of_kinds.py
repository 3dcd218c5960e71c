"""A row of each kind of task that has runs, with its task: of a twin, wherever rows of the kind have one."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.avatars.avatar_videos import AvatarSpec
from content_pipeline.core.captions import burn_ins
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.models import AnalyticsExport, Caption, Reel, Task, Twin, WorkspaceExport
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.tasks import tasks
from tests.factories import make_account, make_item, make_publication


def make_task(session: Session, kind: str, twin: Twin, *, lane: Any = "media") -> Task:
    """A new row of this kind, and its task."""
    row = _ROWS[kind](session, twin)
    return tasks.create(session, workspace_id=twin.workspace_id, kind=kind, key=str(row.id), lane=lane)


def make_reel(session: Session, twin: Twin) -> Reel:
    return reels.create(session, twin, ReelSpec(script="Hello.", platform="tiktok", voice_id="en-US"))


def make_caption(session: Session, twin: Twin) -> Caption:
    """Captions of a video of the twin."""
    video = storage.uri(reels.object_key(make_reel(session, twin), "reel.mp4"))
    return _added(
        session,
        Caption(id=uuid4(), workspace_id=twin.workspace_id, source_url=video, language="en", created_at=now()),
    )


def _export(session: Session, twin: Twin) -> AnalyticsExport:
    """The figures of the twin's posts."""
    day = now().date()
    return _added(
        session,
        AnalyticsExport(
            id=uuid4(), workspace_id=twin.workspace_id, format="csv", grain="post", first_day=day, last_day=day,
            twin_id=twin.id, created_at=now(),
        ),
    )  # fmt: skip


def _workspace_export(session: Session, twin: Twin) -> WorkspaceExport:
    return _added(
        session, WorkspaceExport(id=uuid4(), workspace_id=twin.workspace_id, with_files=True, created_at=now())
    )


def _added(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


_ROWS: Final[Mapping[str, Callable[[Session, Twin], Any]]] = {
    "reel": make_reel,
    "avatar": lambda session, twin: avatar_videos.create(session, twin, AvatarSpec(script="Hello.")),
    "caption": make_caption,
    "burn_in": lambda session, twin: burn_ins.create(session, make_caption(session, twin), Style()),
    "video_copy": make_item,
    "publication": lambda session, twin: make_publication(
        session, make_account(session, twin.workspace_id).id, twin_id=twin.id
    ),
    "export": _export,
    "workspace_export": _workspace_export,
}
