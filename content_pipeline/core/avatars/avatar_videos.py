"""Avatar videos: an avatar that speaks a script, rendered here (`local_render.py`) or by HeyGen (`heygen_render.py`).

The API calls `create`, `get` and `result`; a render ends with `finish`.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_catalog, estimates
from content_pipeline.core.avatars.lip_sync import LipSync
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.media import audio_mastering, glossary, rendered_video, untrusted
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.models import AvatarVideo, Task, Twin
from content_pipeline.core.models.avatars import AvatarProvider
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import valid_script
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import credits, kinds, tasks
from content_pipeline.core.tasks.open_posts import output_key, set_output
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.core.workspaces.ownership import owned

KIND: Final = kinds.AVATAR.name
# HeyGen's renders are waited for, which takes no worker's time.
_LANES: Final[dict[str, Lane]] = {"local": "media", "heygen": "io"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AvatarSpec:
    """Inputs of an avatar video, as a client requests them. Empty ids, and None, stand for the twin's.

    `background_url` was resolved: it is a URL that may be fetched, or the URI of an object.
    """

    script: str
    platform: str | None = None
    voice_id: str = ""
    speed: float | None = None
    pause: float | None = None
    avatar_id: str = ""
    captions: bool = True
    background_url: str | None = None
    caption_animation: CaptionAnimation | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished avatar video: its row, media info, `loudness` in LUFS, JPEG thumbnail, and its mouth if drawn here."""

    video: AvatarVideo
    media: MediaInfo
    loudness: float
    thumbnail: bytes
    mouth: LipSync | None = None

    @property
    def waiting_seconds(self) -> float:
        """From the submission, at HeyGen or here, to the finished video."""
        assert self.video.finished_at
        return (self.video.finished_at - (self.video.submitted_at or self.video.created_at)).total_seconds()


def create(
    session: Session, twin: Twin, spec: AvatarSpec, *, batch_id: UUID | None = None, row: int | None = None
) -> AvatarVideo:
    """Insert an avatar video, and hold the credits that it is expected to cost.

    Raises as `check` does, and PlanLimit without the credits.
    """
    check(twin, spec)
    provider = settings().avatar_provider
    speed = twin.speed if spec.speed is None else spec.speed
    video = AvatarVideo(
        id=uuid4(),
        workspace_id=twin.workspace_id,
        twin_id=twin.id,
        batch_id=batch_id,
        row=row,
        platform=spec.platform,
        provider=provider,
        script=spec.script,
        voice_id=spec.voice_id or twin.voice_id,
        speed=speed,
        pause=twin.pause if spec.pause is None else spec.pause,
        glossary=glossary.pronounced_in(spec.script, twin.glossary),
        avatar_id=_avatar_id(provider, twin, spec),
        captions=spec.captions,
        background_url=spec.background_url,
        caption_animation=spec.caption_animation,
        seed=reels.seeds(twin, [spec.script])[0],
        estimated_seconds=estimates.render_seconds(session, provider, spec.script, speed),
        created_at=now(),
    )
    session.add(video)
    session.flush()
    hold_credits(session, video)
    return video


def check(twin: Twin, spec: AvatarSpec) -> None:
    """Raises Invalid for a script, voice or avatar that cannot be used."""
    provider = settings().avatar_provider
    valid_script(spec.script)
    avatar_catalog.check_voice(provider, spec.voice_id or twin.voice_id, spec.script)
    _avatar_id(provider, twin, spec)


def _avatar_id(provider: AvatarProvider, twin: Twin, spec: AvatarSpec) -> str:
    voice_id = spec.voice_id or twin.voice_id
    return avatar_catalog.choose(provider, spec.avatar_id, twin, voice_id=voice_id, script=spec.script)


def hold_credits(session: Session, row: AvatarVideo) -> None:
    """Hold what the video is expected to cost; its length is known once it is narrated. Raises PlanLimit."""
    seconds = row.narration_seconds or estimates.speech_seconds(row.script, row.speed)
    credits.hold(session, row.workspace_id, row.id, credits.price(seconds))


def get(session: Session, workspace_id: UUID, video_id: UUID) -> AvatarVideo:
    """Raises NotFound."""
    return owned(session, AvatarVideo, workspace_id, video_id)


def create_task(session: Session, row: AvatarVideo) -> Task:
    """The task of a video outside a batch."""
    key = str(row.id)
    return tasks.create(session, workspace_id=row.workspace_id, kind=KIND, key=key, task_id=key, lane=lane(row))


def lane(row: AvatarVideo) -> Lane:
    """The lane of a video's runs."""
    return _LANES[row.provider]


def retry(session: Session, task: Task) -> Task:
    """Create a new task for a video that failed or was canceled. Raises Conflict, and as `reopen` does."""
    again = tasks.retry(session, task)
    reopen(session, session.get_one(AvatarVideo, UUID(task.key)))
    return again


def reopen(session: Session, row: AvatarVideo) -> None:
    """Prepare a video for a new task: its credits are held again, and at HeyGen it has its whole time again.

    Raises PlanLimit without the credits.
    """
    hold_credits(session, row)
    row.waits_until = now() + timedelta(seconds=settings().avatar_deadline_seconds)


def result(row: AvatarVideo) -> kinds.AvatarResult:
    """The result of a finished task."""
    assert row.media
    assert row.output_key
    return {
        "video_url": storage.signed_url(row.output_key),
        "duration_seconds": round(row.media.seconds, 2),
        "credits_billed": row.credits_billed,
    }


def inspect(output: Path) -> MediaInfo:
    """What a rendered file is. What HeyGen made is as foreign as a client's.

    Raises InternalError `render_unplayable` and `render_size_wrong`.
    """
    with rendered_video.examined():
        media = untrusted.probe(output)
    rendered_video.check_playable(media)
    rendered_video.check_portrait(media)
    return media


def finish(
    run: RunContext, row: AvatarVideo, output: Path, media: MediaInfo, *, stored_key: str | None = None
) -> Rendered:
    """Store the rendered file, which was inspected, unless it is under `stored_key`; bill it once, and finish the task;
    the last two in one transaction.

    Raises as `set_output` does, and InternalError `render_unplayable`.
    """
    with rendered_video.examined():
        thumbnail = untrusted.thumbnail(output)
    key = stored_key or output_key(object_key(row, ""), "avatar", run)
    if not stored_key:
        storage.put(key, output, content_type="video/mp4")
    with run.write() as session:
        row = session.get_one(AvatarVideo, row.id)
        set_output(session, row, key)
        row.media, row.poll_at = media, None
        row.credits_billed = credits.charge(session, row.id, media.seconds)
        row.finished_at = row.finished_at or now()
        if run.task_id:
            tasks.finish(session, run.task_id)
    return Rendered(row, media, audio_mastering.measure(output), thumbnail)


def object_key(row: AvatarVideo, name: str) -> str:
    """The key of a video's file in the bucket."""
    return f"{row.workspace_id}/avatars/{row.id}/{name}"
