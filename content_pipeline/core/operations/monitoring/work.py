"""Metric families of work: queues, executions, ended tasks, posts, and the calendar."""

from collections.abc import Iterator
from typing import Final, get_args

from prometheus_client.core import Metric
from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import CalendarItem, Publication, Task
from content_pipeline.core.operations.alerts import failures
from content_pipeline.core.operations.monitoring import ended_tasks
from content_pipeline.core.operations.monitoring.families import counter, gauge
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing import publications
from content_pipeline.core.settings import Lane
from content_pipeline.core.tasks import leases, tasks
from content_pipeline.core.tasks.kinds import KINDS

ENDS: Final = ("done", "error", "canceled")
OUTCOMES: Final = ("published", "failed", "unconfirmed", "canceled")
_UNCONFIRMED: Final = "unconfirmed"
_OUTCOMES: Final = {"done": "published", "error": "failed", "canceled": "canceled"}


def queues(session: Session) -> Iterator[Metric]:
    """Length and age of each lane's queue."""
    # A task that waits for its time is not in the queue before that time, and a held post has no such time.
    in_queue_since = case(
        (Task.state == "queued", Task.created_at),
        (and_(Task.state == "waiting", Task.not_before <= now()), Task.not_before),
    )
    query = (
        select(Task.lane, Task.state, func.count(), func.count(in_queue_since), func.min(in_queue_since))
        .where(Task.state.in_(tasks.OPEN), Task.lane.is_not(None))
        .group_by(Task.lane, Task.state)
    )
    rows = session.execute(query).all()
    lanes = get_args(Lane)
    found = {(lane, state): count for lane, state, count, _, _ in rows}
    queued = {lane: sum(row[3] for row in rows if row[0] == lane) for lane in lanes}
    since = {lane: min((row[4] for row in rows if row[0] == lane and row[4]), default=now()) for lane in lanes}
    yield gauge(
        "open_tasks",
        "Tasks that have not ended.",
        (((lane, state), found.get((lane, state), 0)) for lane in lanes for state in tasks.OPEN),
        ["lane", "state"],
    )
    yield gauge(
        "queue_length",
        "Tasks that may be worked on and are not.",
        (((lane,), length) for lane, length in queued.items()),
        ["lane"],
    )
    yield gauge(
        "queue_age_seconds",
        "How long the oldest of them has been in the queue.",
        (((lane,), (now() - first).total_seconds()) for lane, first in since.items()),
        ["lane"],
    )


def live_executions(session: Session) -> Iterator[Metric]:
    """Runs that workers have at work."""
    yield gauge(
        "live_executions",
        "Runs at work whose worker sends heartbeats.",
        (((worker,), runs) for worker, runs in leases.live_by_worker(session).items()),
        ["worker"],
    )


def ends(session: Session) -> Iterator[Metric]:
    """Tasks by kind and end, publications by platform and outcome."""
    counts = ended_tasks.counts(session)
    by_end = {(kind, end): [0, 0.0] for kind in KINDS for end in ENDS}
    by_code: dict[tuple[str, str], int] = {}
    by_outcome = {(platform, outcome): 0 for platform in PLATFORMS for outcome in OUTCOMES}
    for count in counts:
        sums = by_end.setdefault((count.kind, count.state), [0, 0.0])
        sums[0] += count.tasks
        sums[1] += count.seconds
        if count.state == "error":
            by_code[count.kind, count.code] = by_code.get((count.kind, count.code), 0) + count.tasks
        if count.platform:
            outcome = _UNCONFIRMED if count.code == _UNCONFIRMED else _OUTCOMES[count.state]
            key = count.platform, outcome
            by_outcome[key] = by_outcome.get(key, 0) + count.tasks
    yield counter(
        "ended_tasks",
        "Tasks that have ended.",
        ((labels, number) for labels, (number, _) in by_end.items()),
        ["kind", "end"],
    )
    yield counter(
        "ended_tasks_seconds",
        "Their seconds from request to end, added up.",
        ((labels, seconds) for labels, (_, seconds) in by_end.items()),
        ["kind", "end"],
    )
    yield counter("failed_tasks", "Tasks that ended in an error.", by_code.items(), ["kind", "code"])
    yield counter("publications", "Attempts to post that have ended.", by_outcome.items(), ["platform", "outcome"])


def open_publications(session: Session) -> Iterator[Metric]:
    """Posts that are at work, wait for their platform, or are held until their time."""
    query = (
        select(Publication.platform, func.count().filter(~Publication.held), func.count().filter(Publication.held))
        .join(Task, Publication.id == ended_tasks.PUBLICATION_ID)
        .where(Task.kind == publications.KIND, Task.state.in_(tasks.OPEN))
        .group_by(Publication.platform)
    )
    found = {platform: numbers for platform, *numbers in session.execute(query)}
    yield gauge(
        "open_publications",
        "Posts that have not ended; held ones wait for the time of their calendar item.",
        (
            ((platform, str(held).lower()), found.get(platform, (0, 0))[held])
            for platform in PLATFORMS
            for held in (False, True)
        ),
        ["platform", "held"],
    )


def calendar(session: Session) -> Iterator[Metric]:
    """Items whose time has passed and whose post was not begun."""
    query = select(func.count(), func.min(CalendarItem.scheduled_at)).where(
        CalendarItem.status.in_(["scheduled", "rendering"]),
        CalendarItem.deleted_at.is_(None),
        CalendarItem.scheduled_at <= now(),
    )
    number, first = session.execute(query).one()
    late = (now() - first).total_seconds() if first else 0
    yield gauge("overdue_items", "Calendar items whose time has passed and whose post was not begun.", [((), number)])
    yield gauge("overdue_items_seconds", "How late the first of them is.", [((), late)])


def failed_runs(session: Session) -> Iterator[Metric]:
    """Failed runs, of which those of figures, webhooks and the retention have no task."""
    totals = failures.totals(session)
    yield counter("failed_runs", "Runs that failed.", (((code,), total) for code, total in totals.items()), ["code"])
