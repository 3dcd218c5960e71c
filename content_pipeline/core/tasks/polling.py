"""Polling of external work with backoff: claims rows that are due, and resumes the task of each once."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.models.polling_mixin import PollingMixin
from content_pipeline.core.tasks import starts, tasks

Row = TypeVar("Row", bound=PollingMixin)

_FIRST_SECONDS: Final = 5.0
_GROWTH: Final = 1.5
_JITTER: Final = 0.2


def claim_due(
    session: Session, table: type[Row], *, most: int, longest_seconds: Callable[[Row], float]
) -> Sequence[Row]:
    """Claim up to `most` rows that are due for a poll (SKIP LOCKED), and schedule the next poll of each."""
    due = select(table).where(table.poll_at <= now()).order_by(table.poll_at).limit(most)
    found = session.scalars(due.with_for_update(skip_locked=True)).all()
    for row in found:
        row.poll_at = now() + timedelta(seconds=backoff_seconds(row.polls, longest_seconds(row)))
        row.polls += 1
        if row.waits_until and now() >= row.waits_until:
            row.poll_at = None  # a task that waits for it resumes by itself at that time
    return found


def backoff_seconds(polls: int, longest: float) -> float:
    """Seconds until the next poll after `polls` of them: more each time, at most `longest`, plus or minus jitter."""
    # Capped before it is raised to a power: a float overflows after 1,750 polls.
    seconds = min(_FIRST_SECONDS * _GROWTH ** min(polls, 100), longest)
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret


def resume_once(table: type[PollingMixin], row_id: UUID, kind: str) -> Task | None:
    """Resume the task of a row. None when it is resumed already, or is about to be suspended."""
    with transaction() as session:
        row = session.get_one(table, row_id, with_for_update=True)
        task = tasks.newest(session, kind, str(row_id))
        if row.poll_at is None or task.state == "processing":
            return None
        row.poll_at = None  # another poll would replace the run that is still waiting for a slot
        return task if starts.resume(session, task) else None
