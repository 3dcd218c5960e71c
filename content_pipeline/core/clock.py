"""The only source of business time.

Schedules, expiries, back-offs and dates ask `now()`; heartbeats and leases use the database's own clock
instead, because they must be right even when somebody moves this one. In embedded mode the offset lets
tests and the sandbox pass hours in a moment.
"""

from datetime import UTC, datetime, timedelta

from content_pipeline.core.settings import settings


def now() -> datetime:
    """The present as an aware UTC datetime, moved by `clock_offset_file` where that exists."""
    return datetime.now(UTC) + _offset()  # noqa: TID251 - the one place that may


def _offset() -> timedelta:
    path = settings().clock_offset_file
    if not settings().embedded or not path.exists():
        return timedelta()
    return timedelta(seconds=float(path.read_text() or 0))
