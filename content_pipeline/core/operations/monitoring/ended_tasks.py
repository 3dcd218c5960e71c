"""Counters of ended tasks, which never fall: counts that are kept, and the tasks that have ended since.

A count over all rows takes longer with each row, and falls when rows are deleted, which Prometheus takes for a restart
that begins with all that is left.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, Text, case, cast, func, select, union_all
from sqlalchemy.dialects.postgresql import UUID, insert
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import EndedTaskCount, Measurement, Publication, Task
from content_pipeline.core.publishing import publications

# A task is given the time of its end before its transaction commits: none takes that long.
SETTLED: Final = timedelta(minutes=1)
_NAME: Final = "ended_tasks"
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_GROUP: Final = ("kind", "platform", "state", "code")
# A publication is joined by its primary key. Only keys of publications are known to be ids, so only these are cast.
PUBLICATION_ID: Final = case((Task.kind == publications.KIND, cast(Task.key, UUID)))


class EndedTasks(NamedTuple):
    """How many tasks of a kind ended in a state with an error's code, and their seconds from request to end together.

    `platform` is that of publications; it and `code` are empty where there is none.
    """

    kind: str
    platform: str
    state: str
    code: str
    tasks: int
    seconds: float


def keep_counts(session: Session) -> None:
    """Add the tasks that have ended since the last time to the kept counts; one process at a time, others skip it."""
    beginning = insert(Measurement).values(name=_NAME, value=0, taken_at=_BEGINNING).on_conflict_do_nothing()
    session.execute(beginning)
    mark = select(Measurement).where(Measurement.name == _NAME).with_for_update(skip_locked=True)
    counted = session.scalars(mark).one_or_none()
    until = now() - SETTLED
    if counted is None or counted.taken_at >= until:
        return
    ended = _ended(Task.finished_at > counted.taken_at, Task.finished_at <= until).subquery()
    new = insert(EndedTaskCount).from_select([*_GROUP, "tasks", "seconds"], select(ended))
    sums: dict[str, Any] = {
        "tasks": EndedTaskCount.tasks + new.excluded.tasks,
        "seconds": EndedTaskCount.seconds + new.excluded.seconds,
    }
    session.execute(new.on_conflict_do_update(index_elements=_GROUP, set_=sums))
    counted.taken_at = until


def counts(session: Session) -> Sequence[EndedTasks]:
    """All tasks that have ended. In one snapshot: the kept counts and the time until which they count belong together.

    That time is a value, since with a subquery in its place all tasks were read.
    """
    until = session.scalar(select(Measurement.taken_at).where(Measurement.name == _NAME)) or _BEGINNING
    kept = select(*(getattr(EndedTaskCount, name) for name in (*_GROUP, "tasks", "seconds")))
    every = union_all(kept, _ended(Task.finished_at > until)).subquery()
    group = [every.c[name] for name in _GROUP]
    query = select(*group, func.sum(every.c.tasks), func.sum(every.c.seconds)).group_by(*group)
    return [EndedTasks._make(row) for row in session.execute(query)]


def _ended(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Counts of the tasks that ended so."""
    seconds = func.extract("epoch", Task.finished_at - Task.created_at)
    group = (
        Task.kind.label("kind"),
        func.coalesce(Publication.platform, "").label("platform"),
        Task.state.label("state"),
        func.coalesce(Task.error["code"].astext, cast("", Text)).label("code"),
    )
    return (
        select(*group, func.count().label("tasks"), func.sum(seconds).label("seconds"))
        .outerjoin(Publication, Publication.id == PUBLICATION_ID)
        .where(Task.finished_at.is_not(None), *conditions)
        .group_by(*group)
    )
