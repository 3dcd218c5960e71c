"""Handlers of each kind of task: its result, its retry, its cancel.

The data of a kind is in `tasks/kinds.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from content_pipeline.core.analytics import exports
from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.bulk import batches
from content_pipeline.core.calendar import actions, copies
from content_pipeline.core.captions import burn_ins, captions
from content_pipeline.core.models import AvatarVideo, Batch, Reel, Task
from content_pipeline.core.publishing import publications
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import cancellation, kinds, tasks
from content_pipeline.core.workspace_exports import exports as workspace_exports

Retried = tuple[Task, Sequence[Task]]


def _cancel_task(session: Session, task: Task) -> Sequence[Task]:
    cancellation.cancel(session, task)
    return [task]


def _retry_task(session: Session, task: Task) -> Retried:
    again = tasks.retry(session, task)
    return again, [again]


def _retry_publication(session: Session, task: Task) -> Retried:
    again = actions.retry_post(session, task)
    return again, [again]


def _retry_reel(session: Session, task: Task) -> Retried:
    reel = session.get_one(Reel, UUID(task.key))
    again = batches.retry_video(session, reel, task) if reel.batch_id else tasks.retry(session, task)
    return again, [again]


def _retry_avatar(session: Session, task: Task) -> Retried:
    video = session.get_one(AvatarVideo, UUID(task.key))
    again = batches.retry_video(session, video, task) if video.batch_id else avatar_videos.retry(session, task)
    return again, [again]


def _retry_batch(session: Session, task: Task) -> Retried:
    tasks.check_retry(session, task)
    return batches.retry_failed(session, session.get_one(Batch, UUID(task.key)))


def _cancel_batch(session: Session, task: Task) -> Sequence[Task]:
    return batches.cancel(session, session.get_one(Batch, UUID(task.key)))


@dataclass(frozen=True, slots=True)
class Handlers:
    """What can be done with a task.

    `result`: what it answers when it is done, of the type that its kind names. `retry`: a new task, and the tasks to
    start for it. `cancel`: the tasks whose runs are to end. The last two raise Conflict.
    """

    result: Callable[[Session, Task], Mapping[str, Any]]
    retry: Callable[[Session, Task], Retried] = _retry_task
    cancel: Callable[[Session, Task], Sequence[Task]] = _cancel_task


HANDLERS: Final = {
    kinds.CAPTION.name: Handlers(captions.result),
    kinds.BURN_IN.name: Handlers(burn_ins.result),
    kinds.REEL.name: Handlers(reels.result, retry=_retry_reel),
    kinds.AVATAR.name: Handlers(avatar_videos.result, retry=_retry_avatar),
    kinds.BATCH.name: Handlers(batches.result, retry=_retry_batch, cancel=_cancel_batch),
    kinds.VIDEO_COPY.name: Handlers(copies.result),
    kinds.PUBLICATION.name: Handlers(publications.result, retry=_retry_publication),
    kinds.EXPORT.name: Handlers(exports.result),
    kinds.WORKSPACE_EXPORT.name: Handlers(workspace_exports.result),
}
