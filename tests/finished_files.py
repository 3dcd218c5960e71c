"""Finished files of a workspace, as runs and uploads leave them: the rows, without the objects."""

from uuid import UUID

from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.avatars.avatar_videos import AvatarSpec
from content_pipeline.core.captions import burn_ins, captions
from content_pipeline.core.library.sources import SourceIds, Stored
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.media.timed_words import Segment, Word
from content_pipeline.core.models import AvatarVideo, BurnIn, Reel, Upload
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.tasks import tasks
from tests.factories import make_twin, make_upload

SCRIPT = "Sourdough needs patience."


def make_reel(session: Session, workspace_id: UUID) -> Reel:
    twin = make_twin(session, workspace_id)
    reel = reels.create(session, twin, ReelSpec(script=SCRIPT, platform="instagram", voice_id=twin.voice_id))
    reel.output_key = f"{workspace_id}/reels/{reel.id}/reel.mp4"
    return reel


def make_avatar_video(session: Session, workspace_id: UUID) -> AvatarVideo:
    video = avatar_videos.create(session, make_twin(session, workspace_id), AvatarSpec(script=SCRIPT))
    video.output_key = avatar_videos.object_key(video, "avatar.mp4")
    return video


def make_burn_in(session: Session, workspace_id: UUID, source_url: str = "https://8.8.8.8/talk.mp4") -> BurnIn:
    """The finished video with new captions of a recording."""
    caption, task = captions.create_with_task(
        session, workspace_id=workspace_id, source_url=source_url, language="en", burn_in=False
    )
    caption.segments = (Segment(0.0, 2.0, SCRIPT, (Word(0.0, 2.0, SCRIPT),)),)
    tasks.mark_processing(session, task.kind, task.key)
    tasks.finish(session, task.id)
    burned = burn_ins.create(session, caption, Style())
    burned.output_key = f"{workspace_id}/captions/{caption.id}/burn_ins/{burned.id}.mp4"
    session.flush()
    return burned


def make_all(session: Session, workspace_id: UUID) -> list[Stored]:
    """One of each kind."""
    return [
        make_reel(session, workspace_id),
        make_avatar_video(session, workspace_id),
        make_burn_in(session, workspace_id),
        make_upload(session, workspace_id),
    ]


def ids_of(stored: Stored) -> SourceIds:
    """How a client names a file."""
    match stored:
        case Reel():
            return SourceIds(reel_id=stored.id)
        case AvatarVideo():
            return SourceIds(avatar_job_id=stored.id)
        case BurnIn():
            return SourceIds(caption_id=stored.caption_id)
        case Upload():
            return SourceIds(upload_id=stored.id)
