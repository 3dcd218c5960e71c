"""Burn-ins: captions drawn into their video. A caption can have several burn-ins, one row each.

The API calls `create` and `result`; the asset `burned_in_video` calls `render`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from content_pipeline.core.captions import stored_cues
from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.media import karaoke_captions, limits, rendered_video, thumbnails, untrusted, video
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import probe
from content_pipeline.core.models import BurnIn, Caption, Task
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import cached_fetch, kinds, tasks
from content_pipeline.core.tasks.open_posts import check_may_be_made, output_key, set_output
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.core.workspaces import workspaces

KIND: Final = kinds.BURN_IN.name


@dataclass(frozen=True)
class BurnedIn:
    """A rendered video: whose it is, its object key, its media info and that of its source, and a small JPEG of it.

    `edited`: the cues in it are a person's.
    """

    workspace_id: UUID
    key: str
    caption_id: UUID
    edited: bool
    media: MediaInfo
    source: MediaInfo
    size: tuple[int, int]
    thumbnail: bytes


# ── called by the API ────────────────────────────────────────────────────────────────────────────────────


def create_with_task(
    session: Session, caption: Caption, style: Style, *, source_url: str | None = None
) -> tuple[BurnIn, Task]:
    """Create a burn-in of finished captions and its task, into their recording or into the video of `source_url`.

    Raises Conflict while they are not ready.
    """
    stored_cues.check_ready(caption)
    assert caption.media is not None
    burned = create(session, caption, style, source_url=source_url)
    task = tasks.create(
        session,
        workspace_id=caption.workspace_id,
        kind=KIND,
        key=str(burned.id),
        lane=settings().lane_of(caption.media.seconds),
    )
    return burned, task


def create(
    session: Session, caption: Caption, style: Style, *, source_url: str | None = None, with_caption: bool = False
) -> BurnIn:
    """Create the row without a task; `with_caption` says that the caption's task renders it."""
    burned = BurnIn(
        id=uuid4(),
        caption_id=caption.id,
        workspace_id=caption.workspace_id,
        style=style.kind,
        font_size=style.font_size,
        font_color=style.font_color,
        position=style.position,
        source_url=source_url,
        is_synthetic=is_synthetic(session, source_url) if source_url else caption.is_synthetic,
        with_caption=with_caption,
        created_at=now(),
    )
    session.add(burned)
    session.flush()
    return burned


def is_synthetic(session: Session, source_url: str) -> bool:
    """Whether a voice of ours speaks at this location: it is a video made here, or a burn-in of one.

    Stored in the rows of what is made of it, which outlive what is there.
    """
    match (storage.key_of_uri(source_url) or "").split("/"):
        case [_, "reels" | "avatars", *_]:
            return True
        case [_, "captions", _, "burn_ins", name]:
            return session.get_one(BurnIn, UUID(name.partition(".")[0])).is_synthetic
    return False


def with_caption(session: Session, caption_id: UUID) -> BurnIn | None:
    """The burn-in that was requested together with these captions."""
    return next(iter(with_captions(session, [caption_id])), None)


def with_captions(session: Session, caption_ids: Collection[UUID]) -> Sequence[BurnIn]:
    """The burn-ins that were requested together with captions: at most one of each."""
    return session.scalars(select(BurnIn).where(BurnIn.caption_id.in_(caption_ids), BurnIn.with_caption)).all()


def newest_output(session: Session, caption: Caption) -> BurnIn:
    """The newest finished burn-in of captions. Raises Conflict `burn_in_missing` without one, and `burn_in_not_ready`
    while a newer one is made: its style is the one that was asked for last."""
    newest_first = select(BurnIn).where(BurnIn.caption_id == caption.id).order_by(BurnIn.created_at.desc())
    for burned in session.scalars(newest_first):
        if _is_open(session, burned):
            raise Conflict(
                "The video with these captions is not ready.",
                code="burn_in_not_ready",
                remedy="Poll the task of its burn-in until it is done.",
            )
        if burned.output_key:
            return burned
    raise Conflict(
        "These captions are not burned into a video.",
        code="burn_in_missing",
        remedy=f"Burn them in first: POST /captions/{caption.id}/burn-in.",
    )


def _is_open(session: Session, burned: BurnIn) -> bool:
    """Whether a task is to make this video: one of its own, or that of the captions with which it was requested."""
    own = and_(Task.kind == KIND, Task.key == str(burned.id))
    with_caption = and_(Task.kind == kinds.CAPTION.name, Task.key == str(burned.caption_id))
    query = select(Task.id).where(or_(own, with_caption) if burned.with_caption else own, Task.state.in_(tasks.OPEN))
    return session.scalars(query.limit(1)).first() is not None


def result(burned: BurnIn) -> kinds.BurnInResult:
    """The result of a finished task, with a fresh signed link."""
    return {"output_url": burned.output_key and storage.signed_url(burned.output_key)}


def folder_of(workspace_id: UUID, caption_id: UUID) -> str:
    """The prefix of the object keys of a caption: of its recording, and of its burn-ins."""
    return f"{workspace_id}/captions/{caption_id}/"


# ── called by the asset ──────────────────────────────────────────────────────────────────────────────────


def render(run: RunContext, key: str) -> BurnedIn:
    """Draw the captions into the video (over a plain background for audio-only sources) and end the task.

    They are those that the row has when this begins: a burn-in that is made again shows what was edited since.
    Raises InternalError `render_unplayable` and `render_size_wrong`, and as `_fetch_video` and `check_may_be_made` do.
    """
    with run.write() as session:
        burned = session.get_one(BurnIn, UUID(key))
        check_may_be_made(session, burned)  # else hours of video may be drawn for nothing
        caption = session.get_one(Caption, burned.caption_id)
        cues = stored_cues.segments(caption)
    with run.folder() as folder:
        source = _fetch_video(run, burned, caption, folder / video.SOURCE)
        width, height = video.frame_size(source)
        document = karaoke_captions.ass_subtitles(
            cues,
            width=width,
            height=height,
            style=Style(burned.style, burned.font_size, burned.font_color, burned.position),
            language=caption.text_language,
        )
        (folder / video.CAPTIONS).write_text(document)
        video.burn_in(folder, source, language=caption.language, on_progress=run.progress)
        output = folder / video.OUTPUT
        with rendered_video.examined():
            made = probe(output)
        rendered_video.check_playable(made, may_be_silent=not source.has_audio)
        rendered_video.check_size(made, width, height)
        thumbnail = thumbnails.of_moment(output, made.seconds / 2)
        object_key = output_key(_folder(burned), str(burned.id), run)
        storage.put(object_key, output, content_type="video/mp4")
    with run.write() as session:
        set_output(session, session.get_one(BurnIn, burned.id), object_key)
        if run.task_id:
            tasks.finish(session, run.task_id)
    edited = caption.edited_at is not None
    return BurnedIn(caption.workspace_id, object_key, caption.id, edited, made, source, (width, height), thumbnail)


def _fetch_video(run: RunContext, burned: BurnIn, caption: Caption, target: Path) -> MediaInfo:
    """The recording of the captions, or the video that was named instead of it.

    Raises as `cached_fetch.fetch_cached` and `untrusted.probe` do, MediaUnusable `media_too_long`, and SwitchLane when
    the length of another video needs another lane.
    """
    if burned.source_url is None:
        assert caption.source_key
        assert caption.media
        storage.fetch_large(caption.source_key, target)
        return caption.media
    with run.write() as session:
        most_seconds = workspaces.plan_of(session, burned.workspace_id).media_seconds

    def inspect(path: Path) -> MediaInfo:
        media = untrusted.probe(path)
        limits.check_allowed(media.seconds, most_seconds)
        return media

    media = cached_fetch.fetch_cached(
        run,
        burned.source_url,
        target,
        workspace_id=burned.workspace_id,
        object_key=_source_key(burned),
        inspect=inspect,
    )
    run.check_lane(media.seconds)
    return media


def stored_source(burned: BurnIn, caption: Caption, folder: Path) -> MediaInfo:
    """The media info of what a finished burn-in was made of. Raises NotFound once that was purged."""
    if burned.source_url is None:
        assert caption.media
        return caption.media
    storage.fetch(_source_key(burned), folder / video.SOURCE)
    return untrusted.probe(folder / video.SOURCE)


def _source_key(burned: BurnIn) -> str:
    return f"{_folder(burned)}{burned.id}.source"


def _folder(burned: BurnIn) -> str:
    return f"{folder_of(burned.workspace_id, burned.caption_id)}burn_ins/"
