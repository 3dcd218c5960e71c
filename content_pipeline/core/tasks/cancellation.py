"""Cancels and deletions of tasks: their state changes, and their runs are fenced off, in one transaction."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import leases, tasks


def cancel(session: Session, task: Task) -> None:
    """End an open task as canceled. Raises Conflict when it is final or irrevocable."""
    if not try_cancel(session, task):
        raise Conflict("The task has already ended.", code="task_final", remedy="Nothing to do.")


def try_cancel(session: Session, task: Task) -> bool:
    """End a task as canceled and fence its run off. False when it is final. Raises Conflict when it is irrevocable."""
    return bool(cancel_all(session, [task]))


def delete_of(session: Session, rows: Collection[tuple[str, str]]) -> list[Task]:
    """Delete the tasks of these rows (kind and key): cancel them, hide them, and fence off all runs of the rows.

    Returns those that were open: their runs are to end.
    """
    canceled = []
    # A retry locks the task that it repeats: its new task is found in the next round.
    while found := _not_deleted(session, rows):
        canceled += cancel_all(session, found, also=[tasks.subject(kind, key) for kind, key in rows])
        session.execute(update(Task).where(Task.id.in_([task.id for task in found])).values(deleted_at=now()))
    return canceled


def _not_deleted(session: Session, rows: Collection[tuple[str, str]]) -> Sequence[Task]:
    """The tasks of these rows, parents last, as a run locks them."""
    query = select(Task).where(tuple_(Task.kind, Task.key).in_(rows), Task.deleted_at.is_(None))
    return session.scalars(query.order_by(Task.parent_id.is_(None), Task.id)).all()


def cancel_all(session: Session, to_cancel: Sequence[Task], *, also: Collection[str] = ()) -> list[Task]:
    """End the open ones of these tasks as canceled and fence their runs off, and those of the subjects `also`. Returns
    the tasks.

    Locks executions first, then tasks, then parents, as runs do. Any other order deadlocks with a progress update.
    Raises Conflict when one of them is irrevocable; the rollback then lifts the fences again.
    """
    subjects = {tasks.subject(task.subject_kind, task.subject_key) for task in to_cancel} | set(also)
    ids = [task.id for task in to_cancel]
    while True:
        with session.begin_nested() as attempt:
            for claimed in sorted(subjects):
                leases.stop_subject(session, claimed)
            canceled = _cancel_fenced(session, ids)
            # A run may have claimed its subject after the fence, and taken its task before the task was closed.
            if not subjects & leases.claimed_subjects(session):
                return canceled
            attempt.rollback()


def _cancel_fenced(session: Session, ids: Sequence[str]) -> list[Task]:
    # The task is read after the run was fenced off, because then the run can no longer make its task irrevocable.
    if session.scalars(select(Task.id).where(Task.id.in_(ids), Task.irrevocable, Task.state.in_(tasks.OPEN))).first():
        raise Conflict(
            "The post is being published and can no longer be canceled.",
            code="task_irrevocable",
            remedy="Wait for the task to end, then delete the post on its platform if it was a mistake.",
        )
    values = {"state": "canceled", "error": tasks.CANCELED.to_dict()}
    closed = [tasks.close(session, task_id, tasks.OPEN, **values) for task_id in ids]
    canceled = [task for task in closed if task]
    for parent_id in sorted({task.parent_id for task in canceled if task.parent_id}):
        tasks.update_parent(session, parent_id)
    return canceled
