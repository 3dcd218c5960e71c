"""Renders an avatar video here: the script spoken by a local voice, and a drawn character that speaks it."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

from content_pipeline.core.avatars import avatar_videos, lip_sync
from content_pipeline.core.avatars.avatar_videos import Rendered
from content_pipeline.core.media import rendered_video, wav
from content_pipeline.core.media.avatars import captions, composition
from content_pipeline.core.media.avatars.characters import CHARACTERS
from content_pipeline.core.media.avatars.composition import Scene
from content_pipeline.core.media.reels import client_background, designs
from content_pipeline.core.media.reels.client_background import Background
from content_pipeline.core.models import AvatarVideo, Twin
from content_pipeline.core.reels import narrations
from content_pipeline.core.reels.narrations import StoredNarration
from content_pipeline.core.speech.narration import Narration
from content_pipeline.core.tasks import cached_fetch
from content_pipeline.core.tasks.run_context import RunContext, SwitchLane


def narrate(run: RunContext, key: str, folder: Path) -> StoredNarration:
    """Synthesize and store the speech, and hold the credits for its length.

    Raises as `narrations.narrate` does, and PlanLimit when a video of this length cannot be paid.
    """
    spoken = narrations.narrate(
        run, AvatarVideo, UUID(key), folder, object_key=avatar_videos.object_key, keep=_keep_phonemes
    )
    if run.task_id:
        with run.write() as session:
            avatar_videos.hold_credits(session, session.get_one(AvatarVideo, UUID(key)))
    return spoken


def _keep_phonemes(row: AvatarVideo, spoken: Narration) -> None:
    row.phonemes = spoken.phonemes


def render(run: RunContext, key: str, folder: Path) -> Rendered:
    """Render the video of a narrated script in `folder` and finish the task.

    Raises Conflict without a narration, SwitchLane while the background is slow to come, InternalError
    `render_rate_wrong`, and as `client_background.inspect` and `avatar_videos.inspect` do.
    """
    with run.write() as session:
        row = session.get_one(AvatarVideo, UUID(key))
        twin = session.get_one(Twin, row.twin_id)
    spoken = narrations.stored(row)
    assert row.phonemes is not None
    design = designs.choose(twin.style_tags, row.seed)
    if row.captions:
        document = captions.caption_track(
            spoken.words,
            language=spoken.language,
            seconds=spoken.seconds,
            accent=design.accent,
            animation=row.caption_animation or twin.caption_animation,
        )
        (folder / composition.CAPTIONS).write_text(document)
    narrations.fetch(spoken, folder)
    scene = Scene(
        CHARACTERS[row.avatar_id],
        design,
        row.seed,
        spoken.seconds,
        row.phonemes,
        has_captions=row.captions,
        background=_fetch_background(run, row, folder) if row.background_url else None,
    )
    if run.task_id and run.lane == "io":  # moved there because of a slow download
        raise SwitchLane("media")
    composition.render(folder, scene, *wav.read(folder / narrations.FILE), on_progress=run.progress)
    output = folder / composition.OUTPUT
    media = avatar_videos.inspect(output)
    rendered_video.check_rate(media)
    made = avatar_videos.finish(run, row, output, media)
    return replace(made, mouth=lip_sync.measure(output, row.phonemes, spoken.seconds))


def _fetch_background(run: RunContext, row: AvatarVideo, folder: Path) -> Background:
    assert row.background_url
    return cached_fetch.fetch_cached(
        run,
        row.background_url,
        folder / composition.BACKGROUND,
        workspace_id=row.workspace_id,
        object_key=avatar_videos.object_key(row, composition.BACKGROUND),
        inspect=client_background.inspect,
    )
