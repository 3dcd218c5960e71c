"""Purge of deleted captions, videos and batches: deletes their files once more, then their rows.

The second look at the files finds those that a process wrote which froze before it was fenced off, and those that
could not be deleted at once. What is published stays published: a video that posts name keeps its row, without its
files and its speech, because their figures are shown with its script, length and format.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select

from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import AvatarVideo, Batch, BurnIn, Caption, MadeVideo, Publication, Reel
from content_pipeline.core.operations.maintenance.deletion import folder_of

# A request or a run that has read a row before it was hidden has ended by then.
SETTLED: Final = timedelta(hours=1)
# A row with its files takes some 20 ms, and the run has a slot of a worker.
ROWS_A_RUN: Final = 10_000

# Whether a publication names the video.
_IS_POSTED: Final[dict[type[Any], ColumnElement[bool]]] = {
    Reel: exists().where(Publication.reel_id == Reel.id),
    AvatarVideo: exists().where(Publication.avatar_video_id == AvatarVideo.id),
}


def sweep() -> None:
    """Purge what was deleted more than SETTLED ago, up to ROWS_A_RUN of each table."""
    for caption_id in _deleted(Caption):
        with isolated("purged_rows", caption_id):
            _purge_caption(caption_id)
    for model, is_posted in _IS_POSTED.items():
        for video_id in _deleted(model, or_(~is_posted, model.output_key.is_not(None))):
            with isolated("purged_rows", video_id):
                _purge_video(model, video_id)
    for batch_id in _deleted(Batch, *(~exists().where(model.batch_id == Batch.id) for model in _IS_POSTED)):
        with isolated("purged_rows", batch_id), transaction() as session:
            session.execute(delete(Batch).where(Batch.id == batch_id))


def _deleted(model: type[Any], *conditions: ColumnElement[bool]) -> Sequence[UUID]:
    query = select(model.id).where(model.deleted_at < now() - SETTLED, *conditions)
    with transaction() as session:
        return session.scalars(query.order_by(model.deleted_at).limit(ROWS_A_RUN)).all()


def _purge_caption(caption_id: UUID) -> None:
    with transaction() as session:
        caption = session.get_one(Caption, caption_id)
    storage.delete_folder(folder_of(caption))
    with transaction() as session:
        session.execute(delete(BurnIn).where(BurnIn.caption_id == caption_id))
        session.execute(delete(Caption).where(Caption.id == caption_id))


def _purge_video(model: type[Any], video_id: UUID) -> None:
    with transaction() as session:
        video = session.get_one(model, video_id)
    storage.delete_folder(folder_of(video))
    with transaction() as session:
        if session.scalar(select(_IS_POSTED[model]).where(model.id == video_id)):
            _strip(session.get_one(model, video_id))
        else:
            session.execute(delete(model).where(model.id == video_id))


def _strip(video: MadeVideo) -> None:
    """Remove what the figures of a post do not need."""
    video.output_key = video.narration_key = video.batch_id = video.words = None
    video.background_url = None
    if isinstance(video, Reel):
        video.music_url = None
    else:
        video.phonemes = None
