"""Tasks: what was accepted, how it stands, and the only moves it can make.

    queued ──▶ processing ──▶ done
      │ ▲          │  ▲   └─▶ error
      │ └──────────│──┘
      │            ▼  │
      └──────▶   waiting         (any open state) ──▶ canceled

`waiting` is work put aside (waits.py) until `not_before`: a retry with back-off, a move to another lane or subject,
a worker that shut down. On the wire it is still `processing`. Done, error and canceled are final: a retry
is a new task.

A task may be the parent of others, which do its work (a batch of reels): it has no lane and no runs, moves with
them, and is done when all have ended and at least one is done.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from content_pipeline.core.clock import now
from content_pipeline.core.errors import Conflict, Error
from content_pipeline.core.models import Task, Workspace
from content_pipeline.core.pagination import newest_first
from content_pipeline.core.settings import Lane
from content_pipeline.core.tasks import executions
from content_pipeline.core.tasks.kinds import KINDS
from content_pipeline.core.tasks.partition_keys import partition_key
from content_pipeline.core.workspaces.ownership import owned

OPEN: Final = ("queued", "processing", "waiting")
# Whoever starts a run for a task has this long to get it to Dagster before the safety net starts another.
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
    "Nothing of it could be made.",
    code="none_done",
    remedy="Look at each part's own error, and retry what can be retried.",
)
LOST: Final = Error(
    "The work was lost with its worker, again and again.",
    code="lost",
    remedy="Retry the task; if it is lost again, the recording may be too large for this machine.",
)
_UNCONFIRMED: Final = "unconfirmed"


def subject(kind: str, key: str) -> str:
    """The name under which a run claims a row."""
    return f"{kind}:{key}"


# ── asked by the API ─────────────────────────────────────────────────────────────────────────────────────


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

    Raises Conflict when its subject has an open one already.
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
    return _enter(session, task, start_lease)


def new_partition_key(session: Session, workspace_id: UUID, key: str) -> str:
    """The partition key of a row that gets its first task now."""
    return partition_key(now(), session.get_one(Workspace, workspace_id).name, key)


def _enter(session: Session, task: Task, start_lease: timedelta = START_LEASE) -> Task:
    task.state, task.attempt, task.starts = "queued", 0, 1
    task.created_at = now()
    task.not_before = task.created_at + start_lease
    try:
        with session.begin_nested():
            session.add(task)
    except IntegrityError as error:
        raise Conflict(
            "This is being worked on already.", code="task_open", remedy="Wait for its task to end, or cancel it."
        ) from error
    return task


def get(session: Session, workspace_id: UUID, task_id: str) -> Task:
    """Raises NotFound."""
    return owned(session, Task, workspace_id, task_id)


def newest(session: Session, kind: str, key: str) -> Task:
    """The newest try at one row. Every row has one: they are entered together."""
    query = select(Task).where(Task.kind == kind, Task.key == key).order_by(Task.created_at.desc()).limit(1)
    return session.scalars(query).one()


def newest_of(session: Session, kind: str, keys: Collection[str]) -> dict[str, Task]:
    """The newest try at each of these rows, by key."""
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
    query = select(Task).where(Task.workspace_id == workspace_id)
    if kind:
        query = query.where(Task.kind == kind)
    if status:
        query = query.where(Task.state.in_([state for state, wire in WIRE.items() if wire == status]))
    return newest_first(session, query, Task, limit=limit, cursor=cursor)


def wire_status(task: Task) -> str:
    """The task's state in the words of the public API."""
    return WIRE[task.state]


def cancel(session: Session, task: Task) -> None:
    """End an open task as canceled. Raises Conflict when it is final, or cannot be taken back any more."""
    if not try_cancel(session, task):
        raise Conflict("The task has ended already.", code="task_final", remedy="Nothing to do.")


def try_cancel(session: Session, task: Task) -> bool:
    """End a task as canceled and lower the fence of its run; False when it is final."""
    return bool(cancel_all(session, [task]))


def cancel_all(session: Session, asked: Sequence[Task]) -> list[Task]:
    """End those of these tasks as canceled that are open, and lower the fences of their runs. Returns them.

    All fences first, then the tasks, then their parents, because runs lock in that order. In any other, one of the
    two was ended as a deadlock when a cancel met a step of the progress bar. Raises Conflict, which takes the lowered
    fences back, when one of them is irrevocable.
    """
    for task in asked:
        executions.stop_subject(session, subject(task.subject_kind, task.subject_key))
    # Asked behind the fences: whoever makes a task irrevocable does it before them.
    ids = [task.id for task in asked]
    if session.scalars(select(Task.id).where(Task.id.in_(ids), Task.irrevocable, Task.state.in_(OPEN))).first():
        raise Conflict(
            "This is being published, and cannot be called back.",
            code="task_irrevocable",
            remedy="Wait for it to end; then delete the post on its platform if it was a mistake.",
        )
    values = {"state": "canceled", "error": CANCELED.to_dict()}
    canceled = [task for task in asked if _close(session, task.id, OPEN, **values)]
    for parent_id in sorted({task.parent_id for task in canceled if task.parent_id}):
        _follow(session, parent_id)
    return canceled


def check_retry(session: Session, task: Task) -> None:
    """Raises Conflict unless the task failed or was canceled, and is the newest try at its row.

    One that was retried already is no longer to be: its row may be done, and edited by a person, since then.
    """
    if task.state not in ("error", "canceled"):
        raise Conflict(
            "Only a task that failed or was canceled can be retried.",
            code="task_not_failed",
            remedy="Wait for it to end." if task.state in OPEN else "Send the request again instead.",
        )
    if newest(session, task.kind, task.key).id != task.id:
        raise Conflict("This task was retried already.", code="task_retried", remedy="Look at the newer task.")


def retry(session: Session, task: Task) -> Task:
    """A new task for the work of one that failed or was canceled. Raises Conflict for any other.

    A parent that is open waits for it, too; one that has ended stays as it is.
    """
    check_retry(session, task)
    again = Task(
        id=str(uuid4()),
        workspace_id=task.workspace_id,
        kind=task.kind,
        key=task.key,
        subject_kind=task.subject_kind,
        subject_key=task.subject_key,
        partition_key=task.partition_key,
        parent_id=_lock_open(session, task.parent_id),
        lane=task.lane,
        irrevocable=task.irrevocable,
        progress=task.progress_base,
        progress_base=task.progress_base,
        retry_of=task.id,
    )
    return _enter(session, again)


# ── asked by whoever starts runs ──────────────────────────────────────────────────────────────────────────


def reserve_start(session: Session, task: Task) -> bool:
    """Take the right to start the task's next run; False when the task has moved on since it was read.

    `starts` numbers the runs of a task. The number goes into the run's tags, so that a run which was
    overtaken by a later one can tell (step.py).
    """
    started = session.execute(
        update(Task)
        .where(Task.id == task.id, Task.starts == task.starts, Task.state == task.state, Task.state.in_(OPEN))
        .values(starts=Task.starts + 1, not_before=now() + START_LEASE)
        .returning(Task.starts)
    ).scalar()
    if started:
        task.starts = started
    return bool(started)


def resume(session: Session, task: Task) -> bool:
    """Let a waiting task go on now, in a run that the caller starts; False when it has moved on."""
    query = update(Task).where(Task.id == task.id, Task.state == "waiting").values(not_before=now())
    return bool(session.execute(query.returning(Task.id)).scalar()) and reserve_start(session, task)


def unattended(session: Session) -> list[Task]:
    """Open tasks that may need a run: due ones that nobody has taken up, and all that are being processed."""
    query = (
        select(Task)
        .where(Task.lane.is_not(None), Task.state.in_(OPEN))
        .where(or_(Task.state == "processing", Task.not_before <= now()))
        .order_by(Task.created_at)
    )
    return list(session.scalars(query))


# ── asked by runs, inside their fenced transactions ──────────────────────────────────────────────────────


def mark_processing(session: Session, kind: str, key: str) -> Task | None:
    """The open task of a subject, now processing; None when the run works without one."""
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
    """Move the bar: `fraction` of the present subject's work is done. It never goes back."""
    parent_id = session.execute(
        text(
            "update tasks set progress = greatest(progress, progress_base + floor((99 - progress_base) * :fraction))"
            " where id = :task and state = 'processing' returning parent_id"
        ),
        {"task": task_id, "fraction": min(max(fraction, 0.0), 1.0)},
    ).scalar()
    if parent_id:
        session.execute(_FOLLOW, {"parent": parent_id})


def finish(session: Session, task_id: str) -> None:
    _end(session, task_id, ["processing"], state="done", progress=100, error=None)


def fail(session: Session, task_id: str, error: Error) -> None:
    """End a task with an error. One that is irrevocable may have done its work all the same, and ends `unconfirmed`."""
    irrevocable = session.scalar(select(Task.irrevocable).where(Task.id == task_id))
    kept = _unconfirmed(error) if irrevocable and error.code != _UNCONFIRMED else error
    _end(session, task_id, OPEN, state="error", error=kept.to_dict())


def _unconfirmed(error: Error) -> Error:
    return Error(
        f"{error.detail} Whether the post went out is not known.",
        code=_UNCONFIRMED,
        remedy="Look at the account. A retry looks again before it sends anything.",
    )


def _end(session: Session, task_id: str, states: Sequence[str], **values: Any) -> None:
    """Make a task final that is in one of these states, and its parent too when it was the last."""
    ended = _close(session, task_id, states, **values)
    if ended and ended.parent_id:
        _follow(session, ended.parent_id)


def _close(session: Session, task_id: str, states: Sequence[str], **values: Any) -> Task | None:
    """Make a task final that is in one of these states. Its parent is to `_follow`."""
    query = update(Task).where(Task.id == task_id, Task.state.in_(states)).values(finished_at=now(), **values)
    return session.scalars(query.returning(Task)).one_or_none()


def _follow(session: Session, parent_id: str) -> None:
    """Move a parent to where its children stand, some of which have ended."""
    # Locked before the others are counted: two that end at once would each count the other as open.
    _lock_open(session, parent_id)
    session.execute(_FOLLOW, {"parent": parent_id})
    _end_with_children(session, parent_id)


def _lock_open(session: Session, task_id: str | None) -> str | None:
    """The id of an open task, which stays as it is until this transaction ends; None for any other."""
    # As an update locks it: a stronger lock, taken on top of that one while others waited for it, was a deadlock.
    query = select(Task.id).where(Task.id == task_id, Task.state.in_(OPEN)).with_for_update(key_share=True)
    return session.scalars(query).one_or_none()


# A child that has ended, however it did, needs no more of the bar.
_FOLLOW: Final = text(
    "update tasks set progress = greatest(progress, (select least(99, floor(avg("
    "case when state in ('queued', 'processing', 'waiting') then progress else 100 end)))"
    " from tasks child where child.parent_id = :parent)) where id = :parent and state = 'processing'"
)


def _end_with_children(session: Session, parent_id: str) -> None:
    states = set(session.scalars(select(Task.state).where(Task.parent_id == parent_id).distinct()))
    if states & set(OPEN):
        return
    if "done" in states:
        _end(session, parent_id, OPEN, state="done", progress=100, error=None)
    elif states == {"canceled"}:
        _end(session, parent_id, OPEN, state="canceled", error=CANCELED.to_dict())
    else:
        _end(session, parent_id, OPEN, state="error", error=NONE_DONE.to_dict())


def set_irrevocable(session: Session, task_id: str, irrevocable: bool) -> None:
    """Say whether a task can be canceled: not from before the call that cannot be taken back."""
    session.execute(update(Task).where(Task.id == task_id).values(irrevocable=irrevocable))
