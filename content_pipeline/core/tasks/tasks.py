"""Tasks: the state machine of accepted requests.

    queued ──▶ processing ──▶ done
      │ ▲          │  ▲   └─▶ error
      │ └──────────│──┘
      │            ▼  │
      └──────▶   waiting         (any open state) ──▶ canceled

`waiting` is a task rescheduled to `not_before` (deferral.py): a retry with back-off, a switch to another lane or
subject, a worker that shut down. The API shows it as `processing`. Done, error and canceled are final: a retry is a
new task.

A task may have child tasks that do its work (a batch of reels). Such a parent has no lane and no runs; its state and
progress follow its children, and it is done when all have ended and at least one is done.

The end of a task, and of each child of a parent, is recorded as a webhook event in the same transaction.
"""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import and_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, Error
from content_pipeline.core.infrastructure import tracing
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.models import Task, Workspace
from content_pipeline.core.settings import Lane
from content_pipeline.core.tasks import credits
from content_pipeline.core.tasks.kinds import KINDS
from content_pipeline.core.tasks.partition_keys import partition_key
from content_pipeline.core.tasks.task_status import TaskStatus
from content_pipeline.core.webhooks import endpoints, events
from content_pipeline.core.workspaces.ownership import owned

OPEN: Final = ("queued", "processing", "waiting")
# Time to launch the run of a reserved start before the sensor (sensors/tasks.py) launches another.
START_LEASE: Final = timedelta(seconds=15)
WIRE: Final = {
    "queued": "queued",
    "processing": "processing",
    "waiting": "processing",
    "done": "done",
    "error": "error",
    "canceled": "error",
}

CANCELED: Final = Error("The task was canceled.", code="canceled", remedy="Retry it if this was a mistake.")
NONE_DONE: Final = Error(
    "All parts of the task failed.",
    code="none_done",
    remedy="See the error of each part, and retry those that can be retried.",
)
LOST: Final = Error(
    "The worker was lost repeatedly while it executed the task.",
    code="lost",
    remedy="Retry the task. If it is lost again, its media may be too large for this machine.",
)
_UNCONFIRMED: Final = "unconfirmed"
_EVENT_TYPES: Final = {"done": "task.completed", "error": "task.failed", "canceled": "task.canceled"}


def subject(kind: str, key: str) -> str:
    """The name by which a run claims a row (leases.claim)."""
    return f"{kind}:{key}"


# ── called by the API ────────────────────────────────────────────────────────────────────────────────────


def create(
    session: Session,
    *,
    workspace_id: UUID,
    kind: str,
    key: str,
    lane: Lane | None = None,
    task_id: str | None = None,
    parent: Task | None = None,
    retry_of: Task | None = None,
    start_lease: timedelta = START_LEASE,
) -> Task:
    """Create a task for a row. Its runs go to `lane`, else to its kind's; without either, its children do the work.

    Raises Conflict when the row already has an open task.
    """
    task = Task(
        id=task_id or str(uuid4()),
        workspace_id=workspace_id,
        kind=kind,
        key=key,
        subject_kind=kind,
        subject_key=key,
        partition_key=retry_of.partition_key if retry_of else new_partition_key(session, workspace_id, key),
        parent_id=parent and parent.id,
        lane=lane or KINDS[kind].lane,
        progress=0,
        progress_base=0,
        retry_of=retry_of and retry_of.id,
    )
    return _insert(session, task, start_lease)


def new_partition_key(session: Session, workspace_id: UUID, key: str) -> str:
    """The partition key of a row that gets its first task now."""
    return partition_key(now(), session.get_one(Workspace, workspace_id).name, key)


def partition_key_of(session: Session, kind: str, key: str) -> str | None:
    """The partition key of a row; None for one without a task.

    It is in the task whose runs work on the row, which for a burn-in may be that of its captions. A task that went on
    with another row has that one's key, so that of its own row is made again.
    """
    if task := newest_on(session, kind, key):
        return task.partition_key
    own = select(Task).where(Task.kind == kind, Task.key == key).order_by(Task.created_at).limit(1)
    first = session.scalars(own).one_or_none()
    if first is None:
        return None
    return partition_key(first.created_at, session.get_one(Workspace, first.workspace_id).name, key)


def _insert(session: Session, task: Task, start_lease: timedelta = START_LEASE) -> Task:
    task.state, task.attempt, task.starts = "queued", 0, 1
    task.created_at = now()
    task.not_before = task.created_at + start_lease
    task.traceparent = tracing.traceparent()
    try:
        with session.begin_nested():
            session.add(task)
    except IntegrityError as error:
        raise Conflict(
            "An earlier task for this is still open.", code="task_open", remedy="Wait for it to end, or cancel it."
        ) from error
    return task


def get(session: Session, workspace_id: UUID, task_id: str) -> Task:
    """Raises NotFound."""
    return owned(session, Task, workspace_id, task_id)


def newest(session: Session, kind: str, key: str) -> Task:
    """The newest task of a row. Every row has one: both are inserted in one transaction."""
    query = select(Task).where(Task.kind == kind, Task.key == key).order_by(Task.created_at.desc()).limit(1)
    return session.scalars(query).one()


def newest_on(session: Session, subject_kind: str, subject_key: str) -> Task | None:
    """The newest task whose runs work on this row, deleted or not. None for a row without a task of its own."""
    query = select(Task).where(Task.subject_kind == subject_kind, Task.subject_key == subject_key)
    return session.scalars(query.order_by(Task.created_at.desc()).limit(1)).one_or_none()


def newest_for_row(session: Session, kind: str, key: str) -> Task | None:
    """The newest task that was asked for this row, or whose runs work on it, deleted or not. None for a row without."""
    own = and_(Task.kind == kind, Task.key == key)
    subject = and_(Task.subject_kind == kind, Task.subject_key == key)
    query = select(Task).where(or_(own, subject)).order_by(Task.created_at.desc()).limit(1)
    return session.scalars(query).one_or_none()


def newest_of(session: Session, kind: str, keys: Collection[str]) -> dict[str, Task]:
    """The newest task of each of these rows, by key."""
    query = select(Task).where(Task.kind == kind, Task.key.in_(keys)).order_by(Task.key, Task.created_at.desc())
    query = query.ext(distinct_on(Task.key))
    return {task.key: task for task in session.scalars(query)}


def list_page(
    session: Session,
    workspace_id: UUID,
    *,
    limit: int,
    cursor: str | None = None,
    kind: str | None = None,
    status: str | None = None,
) -> tuple[list[Task], str | None]:
    """Tasks of a workspace, newest first, and the cursor of the next page (None on the last)."""
    query = select(Task).where(Task.workspace_id == workspace_id, Task.deleted_at.is_(None))
    if kind:
        query = query.where(Task.kind == kind)
    if status:
        query = query.where(Task.state.in_(states_of(status)))
    return newest_first(session, query, Task, limit=limit, cursor=cursor)


def wire_status(task: Task | TaskStatus) -> str:
    """The task's state as the public API names it."""
    return WIRE[task.state]


def states_of(status: str) -> Sequence[str]:
    """The states that the public API names so."""
    return [state for state, wire in WIRE.items() if wire == status]


def check_retry(session: Session, task: Task) -> None:
    """Raises Conflict unless the task failed or was canceled, and is the newest of its row.

    A task is retried only once: a later retry could overwrite a finished row that a person has edited since.
    """
    if task.state not in ("error", "canceled"):
        raise Conflict(
            "Only a task that failed or was canceled can be retried.",
            code="task_not_failed",
            remedy="Wait for it to end." if task.state in OPEN else "Send the request again instead.",
        )
    if newest(session, task.kind, task.key).id != task.id:
        raise Conflict("This task was retried already.", code="task_retried", remedy="Use the newer task.")


def retry(session: Session, task: Task, *, parent: Task | None = None) -> Task:
    """Create a new task, a child of `parent`, for the row of one that failed or was canceled.

    Raises Conflict for any other, NotFound for one that was deleted.
    """
    # Locked: its row may be deleted at this moment (delete_of), or another retry may go on with another row once its
    # task is inserted (operator_tasks.enter_retry), where the index of open subjects keeps no second one away.
    owned(session, Task, task.workspace_id, task.id, lock="update")
    check_retry(session, task)
    again = Task(
        id=str(uuid4()),
        workspace_id=task.workspace_id,
        kind=task.kind,
        key=task.key,
        subject_kind=task.subject_kind,
        subject_key=task.subject_key,
        partition_key=task.partition_key,
        parent_id=parent and parent.id,
        lane=task.lane,
        irrevocable=task.irrevocable,
        progress=task.progress_base,
        progress_base=task.progress_base,
        retry_of=task.id,
    )
    _insert(session, again)
    endpoints.follow_retry(session, task.id, again.id)
    return again


# ── called by runs, in their fenced transactions ─────────────────────────────────────────────────────────


def mark_processing(session: Session, kind: str, key: str) -> Task | None:
    """Set the open task of a subject to processing and return it; None when there is none."""
    task = session.scalars(
        update(Task)
        .where(Task.subject_kind == kind, Task.subject_key == key, Task.state.in_(OPEN))
        .values(state="processing", started_at=func.coalesce(Task.started_at, now()), not_before=None)
        .returning(Task)
    ).one_or_none()
    if task and task.parent_id:
        session.execute(
            update(Task)
            .where(Task.id == task.parent_id, Task.state == "queued")
            .values(state="processing", started_at=now())
        )
    return task


def set_progress(session: Session, task_id: str, fraction: float) -> None:
    """Record that `fraction` (0 to 1) of the present subject's work is done. Progress never decreases."""
    parent_id = session.execute(
        text(
            "update tasks set progress = greatest(progress, progress_base + floor((99 - progress_base) * :fraction))"
            " where id = :task and state = 'processing' returning parent_id"
        ),
        {"task": task_id, "fraction": min(max(fraction, 0.0), 1.0)},
    ).scalar()
    if parent_id:
        session.execute(_UPDATE_PARENT_PROGRESS, {"parent": parent_id})


def finish(session: Session, task_id: str) -> None:
    _end(session, task_id, ["processing"], state="done", progress=100, error=None)


def fail(session: Session, task_id: str, error: Error) -> None:
    """End a task with an error. An irrevocable one may have taken effect all the same, and ends `unconfirmed`."""
    irrevocable = session.scalar(select(Task.irrevocable).where(Task.id == task_id))
    kept = _unconfirmed(error) if irrevocable and error.code != _UNCONFIRMED else error
    _end(session, task_id, OPEN, state="error", error=kept.to_dict())


def _unconfirmed(error: Error) -> Error:
    return Error(
        f"{error.detail} It is not known whether the post was published.",
        code=_UNCONFIRMED,
        remedy="Check the account on the platform. A retry also checks before it publishes.",
    )


def _end(session: Session, task_id: str, states: Sequence[str], **values: Any) -> None:
    """End a task that is in one of these states, and its parent when it was the last open child."""
    ended = close(session, task_id, states, **values)
    if ended and ended.parent_id:
        update_parent(session, ended.parent_id)


def close(session: Session, task_id: str, states: Sequence[str], **values: Any) -> Task | None:
    """End a task that is in one of these states, record the event, and release its row's credits unless it is done.

    The caller updates its parent.
    """
    query = update(Task).where(Task.id == task_id, Task.state.in_(states)).values(finished_at=now(), **values)
    closed = session.scalars(query.returning(Task)).one_or_none()
    if closed:
        events.record(session, closed.workspace_id, _EVENT_TYPES[closed.state], _event_data(closed))
    if closed and closed.state != "done" and KINDS[closed.kind].is_billed:
        credits.release(session, UUID(closed.key))
    return closed


def _event_data(task: Task) -> dict[str, Any]:
    """What `GET /tasks/{id}` shows, without the result, whose links are signed when they are read."""
    return {
        "task_id": task.id,
        "kind": task.kind,
        "resource_id": task.key,
        "parent_task_id": task.parent_id,
        "status": wire_status(task),
        "error": task.error,
        "retry_of": task.retry_of,
        "created_at": task.created_at,
        "started_at": task.started_at,
        "finished_at": task.finished_at,
    }


def update_parent(session: Session, parent_id: str) -> None:
    """Recompute a parent's progress and state after children have ended."""
    # Locked before the children are counted: two that end at once would each count the other as open.
    parent = lock_open(session, parent_id)
    if parent is None:
        return
    session.execute(_UPDATE_PARENT_PROGRESS, {"parent": parent_id})
    children = _count_children(session, parent_id)
    events.record(session, parent.workspace_id, f"{parent.kind}.progress", _progress_data(parent, children))
    _end_with_children(session, parent_id, children.keys())


def lock_open(session: Session, task_id: str | None) -> Task | None:
    """Lock an open task until the transaction ends and return it; None for any other task."""
    # FOR NO KEY UPDATE, as an update takes: upgrading to a stronger lock while others wait for the row deadlocks.
    query = select(Task).where(Task.id == task_id, Task.state.in_(OPEN)).with_for_update(key_share=True)
    return session.scalars(query).one_or_none()


def _count_children(session: Session, parent_id: str) -> dict[str, int]:
    """How many children of a parent are in each state."""
    query = select(Task.state, func.count()).where(Task.parent_id == parent_id).group_by(Task.state)
    return dict(session.execute(query).all())


def _progress_data(parent: Task, children: Mapping[str, int]) -> dict[str, Any]:
    return {
        "task_id": parent.id,
        f"{parent.kind}_id": parent.key,
        "total": sum(children.values()),
        "done": children.get("done", 0),
        "failed": children.get("error", 0) + children.get("canceled", 0),
    }


# A child that has ended counts as 100, whatever its outcome.
_UPDATE_PARENT_PROGRESS: Final = text(
    "update tasks set progress = greatest(progress, (select least(99, floor(avg("
    "case when state in ('queued', 'processing', 'waiting') then progress else 100 end)))"
    " from tasks child where child.parent_id = :parent)) where id = :parent and state = 'processing'"
)


def _end_with_children(session: Session, parent_id: str, states: Set[str]) -> None:
    """End a parent when all of its children have; `states` are those that its children are in."""
    if states & set(OPEN):
        return
    if "done" in states:
        _end(session, parent_id, OPEN, state="done", progress=100, error=None)
    elif states == {"canceled"}:
        _end(session, parent_id, OPEN, state="canceled", error=CANCELED.to_dict())
    else:
        _end(session, parent_id, OPEN, state="error", error=NONE_DONE.to_dict())


def set_irrevocable(session: Session, task_id: str, irrevocable: bool) -> None:
    """Set whether a task is irrevocable: it cannot be canceled from just before the publishing call."""
    session.execute(update(Task).where(Task.id == task_id).values(irrevocable=irrevocable))
