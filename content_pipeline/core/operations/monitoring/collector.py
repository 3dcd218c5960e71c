"""Prometheus collector that reads the database at each scrape."""

from collections.abc import Callable, Iterator
from typing import Final

import structlog
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.database import UNREACHABLE, transaction
from content_pipeline.core.operations.monitoring import connections, ended_tasks, stores, work
from content_pipeline.core.operations.monitoring.families import gauge

log = structlog.get_logger()

# A scrape of a busy database ends before Prometheus gives it up after ten.
_STATEMENT_SECONDS: Final = 5
# The first scrape counts all tasks.
_COUNT_SECONDS: Final = 30

# Each reads some families. What fails is missing in this scrape, and the rest is there.
READINGS: Final[tuple[Callable[[Session], Iterator[Metric]], ...]] = (
    work.queues,
    work.live_executions,
    work.ends,
    work.open_publications,
    work.calendar,
    work.failed_runs,
    connections.accounts,
    connections.syncs,
    connections.webhooks,
    stores.disk,
    stores.bucket,
    stores.database,
)


class DatabaseCollector(Collector):
    """What the database says of the whole installation: the same in every process of the API."""

    def collect(self) -> Iterator[Metric]:
        failed = 0
        try:
            with transaction() as session:
                session.execute(text(f"set local statement_timeout = '{_COUNT_SECONDS}s'"))
                ended_tasks.keep_counts(session)
        except UNREACHABLE as error:  # each of the others would wait for a connection, too
            log.warning("database_not_read", reason=type(error).__name__)
            yield _failed_readings(len(READINGS))
            return
        for read in READINGS:
            try:
                yield from _read(read)
            except UNREACHABLE as error:
                failed += 1
                log.warning("metrics_not_read", reading=read.__name__, reason=type(error).__name__)
        yield _failed_readings(failed)

    def describe(self) -> Iterator[Metric]:
        """None: without this, a registry would read the database to learn the names."""
        return iter(())


def _read(read: Callable[[Session], Iterator[Metric]]) -> list[Metric]:
    with transaction() as session:
        session.execute(text("set transaction isolation level repeatable read"))  # one snapshot
        session.execute(text(f"set local statement_timeout = '{_STATEMENT_SECONDS}s'"))
        return list(read(session))


def _failed_readings(number: int) -> Metric:
    return gauge("failed_readings", "Readings of this scrape that the database did not answer.", [((), number)])
