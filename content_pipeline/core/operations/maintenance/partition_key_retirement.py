"""Retirement of partition keys: which of them Dagster need not keep, by the tasks of their rows."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ARRAY, Select, String, any_, bindparam, func, select, union_all
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Task
from content_pipeline.core.tasks.partition_keys import row_id
from content_pipeline.core.tasks.tasks import OPEN

# The rows and files of retired keys are kept.
KEPT: Final = timedelta(days=90)
# A set keeps at most this many keys, because Dagster's pages read all keys of a set. With 80,000 an asset's page took
# 10 s, and the dialog of a back-fill over 30 s. With 10,000 the dialog has loaded within 2 s (decision 0056).
MOST_KEYS: Final = 10_000


class _Row(NamedTuple):
    """What the tasks of a row say: `ended_at` of the last of them, `newest_state` of the newest."""

    key: str
    is_open: bool
    is_deleted: bool
    ended_at: datetime | None
    newest_state: str


def retired_keys(session: Session, kind: str, keys: Collection[str]) -> list[str]:
    """Those of these partition keys that may be deleted from Dagster, the first to go first. No task of theirs is open.

    Their rows are gone or deleted; or their tasks ended more than KEPT ago; or they are the oldest beyond MOST_KEYS,
    those whose newest task failed after all others.
    """
    rows = {row.key: _Row(*row) for row in session.execute(_rows(kind, keys))}
    gone = [key for key in keys if (row := rows.get(row_id(key))) is None or (row.is_deleted and not row.is_open)]
    ended = [
        (row.newest_state == "error", row.ended_at, key)
        for key in keys
        if (row := rows.get(row_id(key))) and row.ended_at and not row.is_open and not row.is_deleted
    ]
    outdated = [key for _, ended_at, key in ended if ended_at <= now() - KEPT]
    young = sorted(entry for entry in ended if entry[1] > now() - KEPT)
    beyond = max(0, len(keys) - len(gone) - len(outdated) - MOST_KEYS)
    return [*gone, *outdated, *(key for *_, key in young[:beyond])]


def keys_in_flight(session: Session, kind: str, keys: Collection[str]) -> list[str]:
    """Those of these partition keys whose row has an open task."""
    in_flight = {row.key for row in session.execute(_rows(kind, keys)).all() if row.is_open}
    return [key for key in keys if row_id(key) in in_flight]


def _rows(kind: str, keys: Collection[str]) -> Select[Any]:
    """A query of a _Row for each row of this kind that has a key among these and a task."""
    # One array: a statement takes 65,535 parameters.
    wanted = any_(bindparam("rows", [row_id(key) for key in keys], ARRAY(String)))
    own = _tasks(Task.key).where(Task.kind == kind, Task.key == wanted)
    # A task that switched its subject has worked on two rows: its own and its present subject.
    switched = _tasks(Task.subject_key).where(
        Task.subject_kind == kind, Task.subject_kind != Task.kind, Task.subject_key == wanted
    )
    tasks = union_all(own, switched).subquery()
    newest_first: Any = aggregate_order_by(tasks.c.state, tasks.c.created_at.desc())
    return select(
        tasks.c.key,
        func.bool_or(tasks.c.state.in_(OPEN)).label("is_open"),
        func.bool_and(tasks.c.deleted_at.is_not(None)).label("is_deleted"),
        func.max(func.coalesce(tasks.c.finished_at, tasks.c.created_at)).label("ended_at"),
        func.array_agg(newest_first, type_=ARRAY(String))[1].label("newest_state"),
    ).group_by(tasks.c.key)


def _tasks(key: InstrumentedAttribute[str]) -> Select[Any]:
    columns: Sequence[Any] = (Task.state, Task.created_at, Task.finished_at, Task.deleted_at)
    return select(key.label("key"), *columns)
