"""Suspend a task: reschedule it later, in another lane, or on another row."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Case, case, update
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Task
from content_pipeline.core.settings import Lane
from content_pipeline.core.tasks.dagster_client import back_fill_lane
from content_pipeline.core.tasks.tasks import new_partition_key, partition_key_of


def defer(
    session: Session, task_id: str, *, not_before: datetime | None, attempt: int, lane: Lane, for_others: bool = False
) -> None:
    """Reschedule the task: its next run starts at `not_before` in `lane`; None: when it is resumed.

    A wait `for_others` (a platform's processing, a rate limit, the time of a held post) does not count towards the
    limit of starts that ends a task caught in a loop.
    """
    session.execute(
        update(Task)
        .where(Task.id == task_id, Task.state == "processing")
        .values(
            state="waiting",
            not_before=not_before,
            attempt=attempt,
            lane=_lane(lane),
            waits=Task.waits + (1 if for_others else 0),
        )
    )


def switch_subject(session: Session, task_id: str, *, kind: str, key: str, lane: Lane) -> None:
    """Continue the task on another row as its subject; progress goes on from its present value.

    A row that an earlier task has gone on with keeps its partition key.
    """
    task = session.get_one(Task, task_id)
    session.execute(
        update(Task)
        .where(Task.id == task.id, Task.state == "processing")
        .values(
            state="waiting",
            not_before=now(),
            attempt=0,
            subject_kind=kind,
            subject_key=key,
            partition_key=partition_key_of(session, kind, key) or new_partition_key(session, task.workspace_id, key),
            lane=_lane(lane),
            progress_base=Task.progress,
        )
    )


def _lane(lane: Lane) -> Case[Lane]:
    """The lane of a task's next run, where this one is wanted: a back-fill works in none where people wait."""
    return case((Task.in_back_fill, back_fill_lane(lane)), else_=lane)


def requeue(session: Session, subjects: Sequence[str]) -> None:
    """Reschedule the tasks of these subjects to start at once on another worker: theirs is shutting down."""
    session.execute(
        update(Task)
        .where((Task.subject_kind + ":" + Task.subject_key).in_(subjects), Task.state == "processing")
        .values(state="waiting", not_before=now())
    )
