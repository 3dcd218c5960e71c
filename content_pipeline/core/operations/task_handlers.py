"""Handlers of each kind of task: its result, its retry, its cancel.

The data of a kind is in `tasks/kinds.py`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import exports
from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.bulk import batches
from content_pipeline.core.calendar import actions, copies
from content_pipeline.core.captions import burn_ins, captions
from content_pipeline.core.models import (
    AnalyticsExport,
    AvatarVideo,
    Batch,
    BurnIn,
    Publication,
    Reel,
    Task,
    WorkspaceExport,
)
from content_pipeline.core.models.narrated import without_long_columns
from content_pipeline.core.operations.workspace_exports import exports as workspace_exports
from content_pipeline.core.publishing import publications
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import cancellation, kinds, tasks

Retried = tuple[Task, Sequence[Task]]
Result = Mapping[str, Any]
Results = Callable[[Session, Sequence[Task]], Mapping[str, Result]]
Row = TypeVar("Row", Reel, AvatarVideo, BurnIn, Publication, AnalyticsExport, WorkspaceExport)


def _of_rows(model: type[Row], result: Callable[[Row], Result]) -> Results:
    """Results that are each of the row of the task."""

    def results(session: Session, done: Sequence[Task]) -> Mapping[str, Result]:
        rows = select(model).where(model.id.in_(UUID(task.key) for task in done)).options(*without_long_columns(model))
        return {str(row.id): result(row) for row in session.scalars(rows)}

    return results


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

    `results`: what tasks that are done answer, by their keys, of the type that their kind names. `retry`: a new task,
    and the tasks to start for it. `cancel`: the tasks whose runs are to end. The last two raise Conflict.
    """

    results: Results
    retry: Callable[[Session, Task], Retried] = _retry_task
    cancel: Callable[[Session, Task], Sequence[Task]] = _cancel_task


HANDLERS: Final = {
    kinds.CAPTION.name: Handlers(captions.results),
    kinds.BURN_IN.name: Handlers(_of_rows(BurnIn, burn_ins.result)),
    kinds.REEL.name: Handlers(_of_rows(Reel, reels.result), retry=_retry_reel),
    kinds.AVATAR.name: Handlers(_of_rows(AvatarVideo, avatar_videos.result), retry=_retry_avatar),
    kinds.BATCH.name: Handlers(batches.results, retry=_retry_batch, cancel=_cancel_batch),
    kinds.VIDEO_COPY.name: Handlers(copies.results),
    kinds.PUBLICATION.name: Handlers(_of_rows(Publication, publications.result), retry=_retry_publication),
    kinds.EXPORT.name: Handlers(_of_rows(AnalyticsExport, exports.result)),
    kinds.WORKSPACE_EXPORT.name: Handlers(_of_rows(WorkspaceExport, workspace_exports.result)),
}


def results(session: Session, found: Sequence[Task]) -> Mapping[str, Result]:
    """The result of each task that is done, by its id.

    Those of a kind are read together: with a query for each, a list of 200 reels took 168 ms (bench/noisy_neighbor.py).
    """
    done = defaultdict(list)
    for task in found:
        if task.state == "done":
            done[task.kind].append(task)
    by_kind = {kind: HANDLERS[kind].results(session, of_kind) for kind, of_kind in done.items()}
    return {task.id: by_kind[kind][task.key] for kind, of_kind in done.items() for task in of_kind}
