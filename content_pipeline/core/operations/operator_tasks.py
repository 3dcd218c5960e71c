"""Operators' actions on the tasks of all workspaces: list, retry and cancel, by the same handlers as for clients.

The audit log names the operator.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, NotFound
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task, Workspace
from content_pipeline.core.operations.task_handlers import HANDLERS, Retried
from content_pipeline.core.tasks import dagster_client, kinds, tasks
from content_pipeline.core.workspaces import audit

# Somebody else has retried the task meanwhile.
_RETRIED: Final = ("task_open", "task_retried")


def newest(
    session: Session, *, limit: int, workspace: str | None = None, kind: str | None = None, status: str | None = None
) -> Sequence[tuple[Task, str]]:
    """The newest tasks with the names of their workspaces; `status` is one that the API names."""
    query = select(Task, Workspace.name).join(Workspace, Workspace.id == Task.workspace_id)
    query = query.where(Task.deleted_at.is_(None))
    if workspace:
        query = query.where(Workspace.name == workspace)
    if kind:
        query = query.where(Task.kind == kind)
    if status:
        query = query.where(Task.state.in_(tasks.states_of(status)))
    found = session.execute(query.order_by(Task.created_at.desc(), Task.id.desc()).limit(limit))
    return [(task, name) for task, name in found]


def retry(task_id: str) -> Task:
    """Retry a task that failed or was canceled, and launch what it needs. Returns the new task.

    Raises NotFound, and Conflict or PlanLimit as the retry of a client does.
    """
    with transaction() as session:
        again, started = _retry(session, _get(session, task_id))
    dagster_client.launch_runs(*started)
    return again


def enter_retry(kind: str, key: str, launched_at: datetime, *, in_back_fill: bool = False) -> None:
    """Retry the newest task of a row on which a run that an operator launched, by a back-fill or not, is about to work.

    A task that has gone on with another row begins again with this one: captions that failed in their burn-in. Nothing
    happens where the task is open or done, or was canceled after the launch: then the cancel is the later wish. Posts
    are retried by `retry` only, which the operator calls after a look at the account. Raises NotFound for a row that
    was deleted, and PlanLimit without the credits.
    """
    try:
        with transaction() as session:
            task = tasks.newest_for_row(session, kind, key)
            if task and _is_to_be_repaired(task, launched_at):
                again, _ = _retry(session, task)
                again.in_back_fill = in_back_fill
                if in_back_fill and again.lane:
                    again.lane = dagster_client.back_fill_lane(again.lane)
                if (again.subject_kind, again.subject_key) != (kind, key):
                    again.partition_key = tasks.partition_key_of(session, kind, key) or again.partition_key
                    again.subject_kind, again.subject_key = kind, key
                    again.progress = again.progress_base = 0
    except Conflict as error:
        if error.code not in _RETRIED:
            raise


def _is_to_be_repaired(task: Task, launched_at: datetime) -> bool:
    if task.kind == kinds.PUBLICATION.name:
        return False
    return task.state == "error" or (task.state == "canceled" and not is_canceled_since(task, launched_at))


def is_canceled_since(task: Task, launched_at: datetime) -> bool:
    """Whether a task was canceled after this moment."""
    return task.state == "canceled" and task.finished_at is not None and task.finished_at > launched_at


def _retry(session: Session, task: Task) -> Retried:
    retried = HANDLERS[task.kind].retry(session, task)
    audit.record(session, task.workspace_id, audit.OPERATOR, "tasks.retry", "task", task.id)
    return retried


def cancel(task_id: str) -> None:
    """Cancel a task as the API does, and end its runs. Raises NotFound, Conflict."""
    with transaction() as session:
        task = _get(session, task_id)
        canceled = HANDLERS[task.kind].cancel(session, task)
        audit.record(session, task.workspace_id, audit.OPERATOR, "tasks.cancel", "task", task_id)
    dagster_client.cancel_runs(*canceled)


def _get(session: Session, task_id: str) -> Task:
    task = session.get(Task, task_id)
    if task is None or task.deleted_at:
        raise NotFound(f"There is no task {task_id}.", code="task_not_found")
    return task
