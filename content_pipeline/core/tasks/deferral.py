"""Work that a run puts aside, for another to go on with: later, in another lane, or on another row."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from content_pipeline.core.clock import now
from content_pipeline.core.models import Task
from content_pipeline.core.settings import Lane
from content_pipeline.core.tasks.tasks import new_partition_key


def defer(
    session: Session, task_id: str, *, not_before: datetime, attempt: int, lane: Lane, for_others: bool = False
) -> None:
    """Put the task aside until `not_before`; the next run goes to `lane`.

    A wait `for_others` (their work, their limits) is no sign of a task that goes round in a circle.
    """
    session.execute(
        update(Task)
        .where(Task.id == task_id, Task.state == "processing")
        .values(
            state="waiting",
            not_before=not_before,
            attempt=attempt,
            lane=lane,
            waits=Task.waits + (1 if for_others else 0),
        )
    )


def switch_subject(session: Session, task_id: str, *, kind: str, key: str, lane: Lane) -> None:
    """Let the task go on with another row as its subject, from where its progress stands."""
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
            partition_key=new_partition_key(session, task.workspace_id, key),
            lane=lane,
            progress_base=Task.progress,
        )
    )


def requeue(session: Session, subjects: Sequence[str]) -> None:
    """Put the tasks of these subjects aside, to go on at once elsewhere: their worker shuts down."""
    session.execute(
        update(Task)
        .where((Task.subject_kind + ":" + Task.subject_key).in_(subjects), Task.state == "processing")
        .values(state="waiting", not_before=now())
    )
