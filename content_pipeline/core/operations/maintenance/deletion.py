"""Deletion of captions, reels, avatar videos and batches, with all that was made of them.

    delete ──▶ delete_files ──▶ purge        delete        hides the rows and their tasks, cancels what is at work
                                             delete_files  deletes the files, so that no link to them works any more
                                             purge.py      an hour later: deletes the files again, then the rows

Each step may be repeated, and a crash in between loses nothing: what is hidden gets purged.

Locks are taken in the order in which others take them: the batch (a retry), calendar items (ticks of the sensors),
executions and tasks (runs), at last the row itself, which a run changes while it holds its execution.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.bulk import batches
from content_pipeline.core.calendar import actions
from content_pipeline.core.captions import burn_ins, captions
from content_pipeline.core.errors import Unavailable
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import AvatarVideo, Batch, BurnIn, CalendarItem, Caption, MadeVideo, Reel, Task
from content_pipeline.core.operations.maintenance import in_use
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import cancellation
from content_pipeline.core.workspaces import idempotency
from content_pipeline.core.workspaces.ownership import owned

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Deleted:
    """What is left to do when the deletion is committed: end the runs of the `canceled` tasks, delete the files in the
    `folders` of the bucket."""

    canceled: Sequence[Task]
    folders: Sequence[str]


def delete_caption(session: Session, workspace_id: UUID, caption_id: UUID) -> Deleted:
    """Delete captions with their burn-ins. Raises NotFound, and Conflict as `in_use.check_caption` does."""
    captions.get(session, workspace_id, caption_id)
    burn_ins_of = select(BurnIn.id).where(BurnIn.caption_id == caption_id)
    items = _locked_items(session, or_(CalendarItem.caption_id == caption_id, CalendarItem.burn_in_id.in_(burn_ins_of)))
    canceled = _delete_tasks(session, workspace_id, [(captions.KIND, str(caption_id))])
    caption = captions.get(session, workspace_id, caption_id, lock=True)
    in_use.check_caption(session, caption)
    caption.deleted_at = now()
    # The burn-ins are read after the lock, which keeps others from asking for a new one.
    burned = session.scalars(burn_ins_of).all()
    canceled += _delete_tasks(session, workspace_id, [(burn_ins.KIND, str(burn_in_id)) for burn_in_id in burned])
    _remove_video(session, items)
    return Deleted(canceled, [folder_of(caption)])


def delete_reel(session: Session, workspace_id: UUID, reel_id: UUID) -> Deleted:
    """Delete a reel. Raises NotFound, and Conflict as `in_use.check_videos` does."""
    return _delete_videos(session, workspace_id, [reels.get(session, workspace_id, reel_id)])


def delete_avatar_video(session: Session, workspace_id: UUID, video_id: UUID) -> Deleted:
    """Delete an avatar video. Raises NotFound, and Conflict as `in_use.check_videos` does."""
    return _delete_videos(session, workspace_id, [avatar_videos.get(session, workspace_id, video_id)])


def delete_batch(session: Session, workspace_id: UUID, batch_id: UUID) -> Deleted:
    """Delete a batch with all its videos. Raises NotFound, and Conflict as `in_use.check_videos` does."""
    batch = batches.get(session, workspace_id, batch_id, lock=True)
    videos = [video for video, _ in batches.jobs(session, batch_id)]
    deleted = _delete_videos(session, workspace_id, videos, [(batches.KIND, str(batch_id))])
    batch.deleted_at = now()
    return deleted


def _delete_videos(
    session: Session, workspace_id: UUID, videos: Sequence[MadeVideo], also: Sequence[tuple[str, str]] = ()
) -> Deleted:
    """Delete these videos, and the tasks of the rows `also`."""
    ids = [video.id for video in videos]
    for batch_id in sorted({video.batch_id for video in videos if video.batch_id}):
        session.get(Batch, batch_id, with_for_update=True)
    items = _locked_items(session, or_(CalendarItem.reel_id.in_(ids), CalendarItem.avatar_video_id.in_(ids)))
    rows = [(batches.KINDS[type(video)], str(video.id)) for video in videos]
    canceled = _delete_tasks(session, workspace_id, [*rows, *also])
    for video in sorted(videos, key=lambda video: video.id):
        table: type[Any] = type(video)
        owned(session, table, workspace_id, video.id, lock="update")
        video.deleted_at = now()
        if isinstance(video, AvatarVideo):
            video.poll_at = None
    in_use.check_videos(session, ids)
    _remove_video(session, items)
    return Deleted(canceled, [folder_of(video) for video in videos])


def _locked_items(session: Session, condition: ColumnElement[bool]) -> Sequence[CalendarItem]:
    return session.scalars(select(CalendarItem).where(condition).order_by(CalendarItem.id).with_for_update()).all()


def _remove_video(session: Session, items: Sequence[CalendarItem]) -> None:
    """Remove the deleted video from locked items, which are not planned: a retry renders another.

    A post that failed goes along, for its retry would be of the deleted video. One that is or may be out stays: with a
    new one, both could be.
    """
    for item in items:
        item.reel_id = item.avatar_video_id = item.caption_id = item.burn_in_id = None
        if actions.post_status(session, item) == "failed":
            item.publication_id = None


def _delete_tasks(session: Session, workspace_id: UUID, rows: Collection[tuple[str, str]]) -> list[Task]:
    """Delete the tasks of these rows (kind and key), and the answers that name them. Returns those that were open."""
    canceled = cancellation.delete_of(session, rows)
    ids = session.scalars(select(Task.id).where(tuple_(Task.kind, Task.key).in_(rows))).all()
    idempotency.forget(session, workspace_id, ids)
    return canceled


def delete_files(deleted: Deleted) -> None:
    """Delete the files of what was deleted. While the bucket cannot be reached, they are left to `purge.py`."""
    try:
        for folder in deleted.folders:
            storage.delete_folder(folder)
    except Unavailable as error:
        log.warning("files_left_to_the_purge", folders=deleted.folders, reason=error.detail)


def folder_of(row: Caption | MadeVideo) -> str:
    """The prefix of all object keys of a row."""
    match row:
        case Caption():
            return burn_ins.folder_of(row.workspace_id, row.id)
        case Reel():
            return reels.object_key(row, "")
        case AvatarVideo():
            return avatar_videos.object_key(row, "")
