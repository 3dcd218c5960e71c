"""Burn-ins: captions drawn into their video. A caption can have several burn-ins, one row each.

The API calls `create` and `result`; the asset `burned_in_video` calls `render`.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core import storage
from content_pipeline.core.clock import now
from content_pipeline.core.errors import Conflict
from content_pipeline.core.media import karaoke_captions, video
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import probe
from content_pipeline.core.models import BurnIn, Caption, Task
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import kinds, tasks
from content_pipeline.core.tasks.run_context import RunContext

KIND: Final = kinds.BURN_IN.name


@dataclass(frozen=True)
class BurnedIn:
    """A rendered video: its object key, its media info and that of its source, and a small JPEG of it.

    `edited`: the cues in it are a person's.
    """

    key: str
    caption_id: UUID
    edited: bool
    media: MediaInfo
    source: MediaInfo
    size: tuple[int, int]
    thumbnail: bytes


# ── called by the API ────────────────────────────────────────────────────────────────────────────────────


def create_with_task(session: Session, caption: Caption, style: Style) -> tuple[BurnIn, Task]:
    """Create a burn-in of finished captions and its task. Raises Conflict while they are not ready."""
    if caption.segments is None or caption.media is None:
        raise Conflict(
            "These captions are not ready.", code="caption_not_ready", remedy="Poll their task until it is done."
        )
    burned = create(session, caption, style)
    task = tasks.create(
        session,
        workspace_id=caption.workspace_id,
        kind=KIND,
        key=str(burned.id),
        lane=settings().lane_of(caption.media.seconds),
    )
    return burned, task


def create(session: Session, caption: Caption, style: Style, *, with_caption: bool = False) -> BurnIn:
    """Create the row without a task; `with_caption` says that the caption's task renders it."""
    burned = BurnIn(
        id=uuid4(),
        caption_id=caption.id,
        workspace_id=caption.workspace_id,
        style=style.kind,
        font_size=style.font_size,
        font_color=style.font_color,
        position=style.position,
        with_caption=with_caption,
        created_at=now(),
    )
    session.add(burned)
    session.flush()
    return burned


def with_caption(session: Session, caption_id: UUID) -> BurnIn | None:
    """The burn-in that was requested together with these captions."""
    return session.scalars(select(BurnIn).where(BurnIn.caption_id == caption_id, BurnIn.with_caption)).one_or_none()


def result(session: Session, task: Task) -> dict[str, Any]:
    """The result of a finished task."""
    return output(session.get_one(BurnIn, UUID(task.key)))


def output(burned: BurnIn) -> dict[str, Any]:
    """A fresh signed link to the video."""
    return {"output_url": burned.output_key and storage.signed_url(burned.output_key)}


# ── called by the asset ──────────────────────────────────────────────────────────────────────────────────


def render(run: RunContext, key: str) -> BurnedIn:
    """Draw the captions into the video (over a plain background for audio-only sources) and end the task.

    They are those that the row has when this begins: a burn-in that is made again shows what was edited since.
    """
    with run.write() as session:
        burned = session.get_one(BurnIn, UUID(key))
        caption = session.get_one(Caption, burned.caption_id)
    assert caption.source_key
    assert caption.segments is not None
    assert caption.media
    source = caption.media
    with run.folder() as folder:
        storage.fetch(caption.source_key, folder / video.SOURCE)
        width, height = video.frame_size(source)
        document = karaoke_captions.ass_subtitles(
            caption.segments,
            width=width,
            height=height,
            style=Style(burned.style, burned.font_size, burned.font_color, burned.position),
            language=caption.text_language,
        )
        (folder / video.CAPTIONS).write_text(document)
        video.burn_in(folder, source, language=caption.language, on_progress=run.progress)
        output = folder / video.OUTPUT
        made = probe(output)
        thumbnail = video.thumbnail(output, made.seconds / 2)
        object_key = f"{burned.workspace_id}/captions/{caption.id}/burn_ins/{burned.id}.mp4"
        storage.put(object_key, output, content_type="video/mp4")
    with run.write() as session:
        session.get_one(BurnIn, burned.id).output_key = object_key
        if run.task_id:
            tasks.finish(session, run.task_id)
    return BurnedIn(object_key, caption.id, caption.edited_at is not None, made, source, (width, height), thumbnail)
