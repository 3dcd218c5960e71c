"""Application clock: the only source of business time, with an offset for tests.

Schedules, expiries, back-offs and dates use `now()`. Heartbeats and leases use the database's clock, because they
must stay correct when this one is moved. In embedded mode the offset lets tests and the sandbox skip hours.
"""

from datetime import UTC, datetime, timedelta

from content_pipeline.core.settings import settings


def now() -> datetime:
    """The current time as an aware UTC datetime, plus the offset in `clock_offset_file` if there is one."""
    return real_now() + offset()


def real_now() -> datetime:
    """The current time without the offset: for what is compared with times of Dagster, of the bucket and of receivers
    of webhooks, which know nothing of the offset."""
    return datetime.now(UTC)  # noqa: TID251 - the only place that may


def offset() -> timedelta:
    path = settings().clock_offset_file
    if not settings().embedded or not path.exists():
        return timedelta()
    return timedelta(seconds=float(path.read_text() or 0))
