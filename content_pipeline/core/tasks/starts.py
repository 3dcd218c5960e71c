"""Starts of tasks: reserves the launch of a task's next run (compare-and-set), and finds tasks without a run."""

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import tasks


def reserve_start(session: Session, task: Task) -> bool:
    """Reserve the launch of the task's next run (compare-and-set). False when the task has changed since it was read.

    `starts` numbers the runs of a task. The number goes into the run's tags, so that a run can tell whether a later
    one has superseded it (step.py).
    """
    started = session.execute(
        update(Task)
        .where(Task.id == task.id, Task.starts == task.starts, Task.state == task.state, Task.state.in_(tasks.OPEN))
        .values(starts=Task.starts + 1, not_before=now() + tasks.START_LEASE)
        .returning(Task.starts)
    ).scalar()
    if started:
        task.starts = started
    return bool(started)


def resume(session: Session, task: Task) -> bool:
    """Wake a waiting task; the caller launches its run. False when it is no longer waiting."""
    query = update(Task).where(Task.id == task.id, Task.state == "waiting").values(not_before=now())
    return bool(session.execute(query.returning(Task.id)).scalar()) and reserve_start(session, task)


def unattended(session: Session) -> list[Task]:
    """Open tasks that may need a run: those that are due, and all that are being processed."""
    query = (
        select(Task)
        .where(Task.lane.is_not(None), Task.state.in_(tasks.OPEN))
        .where(or_(Task.state == "processing", Task.not_before <= now()))
        .order_by(Task.created_at)
    )
    return list(session.scalars(query))
