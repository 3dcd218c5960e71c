"""Reels: text-to-speech narration with karaoke captions over an animated background.

The API calls `create`, `get` and `result`; the assets `narration` and `reel_video` call `narrate` and `render`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.media import audio_mastering, glossary, rendered_video, thumbnails, wav
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import probe_with_first_frame
from content_pipeline.core.media.reels import client_background, composition, designs, safe_zone
from content_pipeline.core.media.reels.composition import Scene
from content_pipeline.core.media.reels.designs import Design
from content_pipeline.core.media.reels.text_track import text_track
from content_pipeline.core.models import AvatarVideo, Reel, Task, Twin
from content_pipeline.core.reels import narrations
from content_pipeline.core.reels.narrations import StoredNarration
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.tasks import cached_fetch, kinds, tasks
from content_pipeline.core.tasks.open_posts import output_key, set_output
from content_pipeline.core.tasks.run_context import RunContext, SwitchLane
from content_pipeline.core.workspaces.ownership import owned

KIND: Final = kinds.REEL.name

Inspected = TypeVar("Inspected")


@dataclass(frozen=True)
class Rendered:
    """A rendered reel: whose it is, script, object key, media info, `loudness` in LUFS, design and JPEG thumbnail.

    `seconds` is how long it has to be: its narration, and the end card.
    """

    workspace_id: UUID
    script: str
    key: str
    media: MediaInfo
    seconds: float
    loudness: float
    design: str
    thumbnail: bytes


# ── called by the API ────────────────────────────────────────────────────────────────────────────────────


def create(
    session: Session,
    twin: Twin,
    spec: ReelSpec,
    *,
    batch_id: UUID | None = None,
    row: int | None = None,
    seed: int | None = None,
) -> Reel:
    """Insert a reel; `create_task` or the batch creates its task. `seed`: one of `seeds`, else the script's."""
    asked = {field.name: getattr(spec, field.name) for field in fields(ReelSpec)}
    pace = {name: getattr(twin, name) for name in ("speed", "pause") if asked[name] is None}
    reel = Reel(
        id=uuid4(),
        workspace_id=twin.workspace_id,
        twin_id=twin.id,
        batch_id=batch_id,
        row=row,
        glossary=glossary.pronounced_in(spec.script, twin.glossary),
        seed=seeds(twin, [spec.script])[0] if seed is None else seed,
        created_at=now(),
        **asked | pace,
    )
    session.add(reel)
    session.flush()
    return reel


def seeds(twin: Twin, scripts: Sequence[str]) -> list[int]:
    """The design seeds of these reels: deterministic per script, and distinct from neighboring reels."""
    return designs.distinct_seeds(twin.style_tags, [f"{twin.id} {script}" for script in scripts])


def get(session: Session, workspace_id: UUID, reel_id: UUID) -> Reel:
    """Raises NotFound."""
    return owned(session, Reel, workspace_id, reel_id)


def create_task(session: Session, reel: Reel) -> Task:
    """The task of a reel outside a batch."""
    return tasks.create(session, workspace_id=reel.workspace_id, kind=KIND, key=str(reel.id), task_id=str(reel.id))


def result(reel: Reel) -> kinds.ReelResult:
    """The result of a finished task."""
    assert reel.media
    return {
        "result_url": result_url(reel),
        "duration_seconds": round(reel.media.seconds, 2),
        "voice_id": reel.spoken_voice,
        "language": reel.language,
    }


def result_url(video: Reel | AvatarVideo) -> str | None:
    """A signed URL of the video; None before it is rendered."""
    return video.output_key and storage.signed_url(video.output_key)


# ── called by the assets ─────────────────────────────────────────────────────────────────────────────────


def narrate(run: RunContext, key: str, folder: Path) -> StoredNarration:
    """Synthesize and store the speech of a reel, as `narrations.narrate` does."""
    return narrations.narrate(run, Reel, UUID(key), folder, object_key=object_key)


def render(run: RunContext, key: str, folder: Path) -> Rendered:
    """Render the video of a narrated reel in `folder` and finish the task.

    Raises SwitchLane while remote media are slow, Conflict for a reel without narration, InternalError
    `render_unplayable`, `render_size_wrong` and `render_rate_wrong`, and as `set_output` does.
    """
    with run.write() as session:
        reel = session.get_one(Reel, UUID(key))
        twin = session.get_one(Twin, reel.twin_id)
    spoken = narrations.stored(reel)
    design = designs.choose(twin.style_tags, reel.seed)
    document, seconds = text_track(
        spoken.words,
        spoken.seconds,
        language=spoken.language,
        name=twin.name,
        title=reel.title,
        call_to_action=reel.call_to_action or twin.call_to_action,
        accent=design.accent,
        animation=reel.caption_animation or twin.caption_animation,
    )
    (folder / composition.CAPTIONS).write_text(document)
    scene = _scene(run, reel, folder, design, seconds)
    narrations.fetch(spoken, folder)
    loudness = composition.render(folder, scene, *wav.read(folder / narrations.FILE), on_progress=run.progress)
    output = folder / composition.OUTPUT
    with rendered_video.examined():
        made, cover = probe_with_first_frame(output)
    rendered_video.check_playable(made)
    rendered_video.check_size(made, safe_zone.WIDTH, safe_zone.HEIGHT)
    rendered_video.check_rate(made)
    assert cover
    video_key = output_key(object_key(reel, ""), "reel", run)
    storage.put(video_key, output, content_type="video/mp4")
    with run.write() as session:
        reel = session.get_one(Reel, reel.id)
        set_output(session, reel, video_key)
        reel.media = made
        if run.task_id:
            tasks.finish(session, run.task_id)
    thumbnail = thumbnails.of_frame(cover)
    return Rendered(reel.workspace_id, reel.script, video_key, made, seconds, loudness, design.name, thumbnail)


def _scene(run: RunContext, reel: Reel, folder: Path, design: Design, seconds: float) -> Scene:
    """The scene, with remote media downloaded into the folder."""
    shown = reel.background_url and _fetch_media(
        run, reel, reel.background_url, folder / composition.BACKGROUND, client_background.inspect
    )
    heard = reel.music_url and _fetch_media(
        run, reel, reel.music_url, folder / composition.MUSIC, audio_mastering.inspect
    )
    if run.task_id and run.lane == "io":  # moved there because of a slow download
        raise SwitchLane("media")
    return Scene(design, reel.seed, seconds, background=shown or None, has_music=bool(heard))


def _fetch_media(
    run: RunContext, reel: Reel, url: str, target: Path, inspect: Callable[[Path], Inspected]
) -> Inspected:
    key = object_key(reel, target.name)
    return cached_fetch.fetch_cached(run, url, target, workspace_id=reel.workspace_id, object_key=key, inspect=inspect)


def object_key(reel: Reel, name: str) -> str:
    """The key of a reel's file in the bucket."""
    return f"{reel.workspace_id}/reels/{reel.id}/{name}"
