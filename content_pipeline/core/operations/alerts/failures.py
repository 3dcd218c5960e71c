"""Failures of runs, counted by error code, and which of them the log and the operator's webhook are to be told of."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import FailureCount

# An error code is told at once, and then at most once in this time.
INTERVAL: Final = timedelta(minutes=15)
# A code that the webhook has refused is sent again after this time.
RETRY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that failed. `event_id` is that of its end in Dagster's event log."""

    event_id: int
    run_id: str
    job: str
    code: str
    at: datetime


def record(session: Session, failures: Collection[Failure]) -> None:
    """Count failures that were not counted before: their event is newer than the newest of their code."""
    by_code: defaultdict[str, list[Failure]] = defaultdict(list)
    for failure in sorted(failures, key=lambda failure: failure.event_id):
        by_code[failure.code].append(failure)
    for code, of_code in by_code.items():
        count = session.get(FailureCount, code, with_for_update=True)
        new = [failure for failure in of_code if count is None or failure.event_id > count.last_event_id]
        if not new:
            continue
        if count is None:
            count = FailureCount(code=code, total=0, logged=0, sent=0)
            session.add(count)
        newest = new[-1]
        count.total += len(new)
        count.last_event_id, count.last_at = newest.event_id, newest.at
        count.last_run_id, count.last_job = newest.run_id, newest.job


def totals(session: Session) -> dict[str, int]:
    """How many runs have failed with each code, ever."""
    return dict(session.execute(select(FailureCount.code, FailureCount.total)).all())


def to_log(session: Session) -> Sequence[FailureCount]:
    """The codes with failures that the log is to be told of now."""
    is_due = or_(FailureCount.logged_at.is_(None), FailureCount.logged_at <= now() - INTERVAL)
    return session.scalars(select(FailureCount).where(FailureCount.total > FailureCount.logged, is_due)).all()


def set_logged(count: FailureCount) -> None:
    """The log was told of all failures of this code."""
    count.logged, count.logged_at = count.total, now()


def to_send(session: Session, most: int) -> Sequence[FailureCount]:
    """Up to `most` codes with failures that the webhook is to be told of now, those that wait longest first."""
    is_due = or_(FailureCount.send_at.is_(None), FailureCount.send_at <= now())
    query = select(FailureCount).where(FailureCount.total > FailureCount.sent, is_due)
    return session.scalars(query.order_by(FailureCount.send_at.nulls_first()).limit(most)).all()


def skip_unsent(session: Session) -> None:
    """Where there is no webhook: one that is set later is told of what fails from then on."""
    session.execute(update(FailureCount).where(FailureCount.sent < FailureCount.total).values(sent=FailureCount.total))


def settle(session: Session, sent: FailureCount, *, is_accepted: bool) -> None:
    """Note that the webhook has accepted, or refused, what this count said when it was read."""
    count = session.get_one(FailureCount, sent.code, with_for_update=True)
    count.send_at = now() + (INTERVAL if is_accepted else RETRY)
    if is_accepted:
        count.sent = sent.total
