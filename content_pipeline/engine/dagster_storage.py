"""PostgreSQL storage of Dagster with one pool per process, cached schema checks and no NOTIFY per event."""

import os
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import dagster as dg
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.instance.config import PoolConfig
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage
from sqlalchemy import Engine, create_engine

from content_pipeline.core.infrastructure.database import check_idle_connections

# Dagster repeats these schema checks by reading PostgreSQL's catalog: before each event and each poll of the queue, and
# four times per sensor tick.
_RUN_CHECKS: Final = ("has_run_stats_index_cols", "has_backfill_id_column")
_EVENT_CHECKS: Final = ("has_table", "has_asset_key_col", "_has_asset_key_col_on_connection")
_SCHEDULE_CHECKS: Final = ("has_instigators_table", "_has_instigators_table", "has_built_index")

# These events have no information here: the steps have no resources of their own, and their output is not captured.
_NOT_STORED: Final = {
    dg.DagsterEventType.RESOURCE_INIT_STARTED,
    dg.DagsterEventType.RESOURCE_INIT_SUCCESS,
    dg.DagsterEventType.LOGS_CAPTURED,
    # Dagster shows a check as failed while one partition has a plan without a result: one failed render turned all
    # checks of all reels red.
    dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
}
# Log lines of Dagster's are not stored either: that a run which waits for a platform, or whose checks are not its
# outputs, did not yield them, and lines that repeat the events of the start and end of the run and its step. Each costs
# its worker 2 ms.
_NOT_STORED_LINES: Final = (
    "did not yield or return expected outputs",
    "Executing steps in process",
    "Finished steps in process",
    "Process for run exited",
)
# How long a partition key that was found is taken for there: the steps of most runs are shorter.
_KEY_SECONDS: Final = 5.0


class PostgresStorage(DagsterPostgresStorage):
    """Storage of every Dagster process: webserver, daemon, code server and workers."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        _create_tables(postgres_url)
        super().__init__(postgres_url, should_autocreate_tables=False, inst_data=inst_data)
        self._event_log_storage = EventLogStorage(postgres_url, should_autocreate_tables=False)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine = _pooled_engine(postgres_url, os.getpid())
        _cache_checks(self._run_storage, _RUN_CHECKS)
        _cache_checks(self._event_log_storage, _EVENT_CHECKS)
        _cache_checks(self._schedule_storage, _SCHEDULE_CHECKS)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "PostgresStorage":
        return cls(config_value["postgres_url"], inst_data)


@cache
def _create_tables(postgres_url: str) -> None:
    """Create Dagster's tables where there are none, once per process.

    Each storage of each instance would look for its own over a connection of its own: two of them a second, a third of
    what an idle stack takes.
    """
    DagsterPostgresStorage(postgres_url)


class EventLogStorage(PostgresEventLogStorage):
    """Dagster's event log without events that say nothing, and without the NOTIFY after each event.

    Only readers of older versions use the NOTIFY, which is a second commit with its own fsync; a run has 30 events.
    """

    _pool_config: PoolConfig | None = None
    # The partition key that was found last, with its set, and when (seconds of the monotonic clock).
    _found: tuple[tuple[str, str], float] | None = None

    def get_pool_config(self) -> PoolConfig:
        """What `dagster.yaml` says of pools: for each run Dagster derives it anew, from a queue's configuration whose
        limits are read from our database."""
        if self._pool_config is None:
            self._pool_config = super().get_pool_config()
        return self._pool_config

    def has_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> bool:
        """Whether the set has this key. The one that was found last is not looked for again for a moment: Dagster asks
        for that of a run once for each output and event, which was 4 % of a post's run."""
        asked = (partitions_def_name, partition_key)
        found = self._found  # another thread may set it
        if found and found[0] == asked and time.monotonic() - found[1] < _KEY_SECONDS:
            return True
        is_there = super().has_dynamic_partition(partitions_def_name, partition_key)
        self._found = (asked, time.monotonic()) if is_there else None
        return is_there

    def delete_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> None:
        super().delete_dynamic_partition(partitions_def_name, partition_key)
        self._found = None

    def store_event(self, event: EventLogEntry) -> None:
        if event.dagster_event_type in _NOT_STORED or any(line in event.message for line in _NOT_STORED_LINES):
            return
        with self.run_connection() as connection:
            insert = self.prepare_insert_event(event).returning(SqlEventLogStorageTable.c.id)
            event_id = connection.execute(insert).scalar_one()
        if event.dagster_event_type in ASSET_EVENTS:
            with self.index_transaction() as connection:
                self._store_asset_event_tags(connection, [event], [event_id])
                self._store_asset_event(connection, event, event_id)
        if event.dagster_event_type in ASSET_CHECK_EVENTS:  # without plans there is no row to update first
            self._store_runless_asset_check_evaluation(event, event_id)


def close_idle_connections(instance: dg.DagsterInstance) -> None:
    """Close the connections to the database that are not in use, of the pool that the instance's storages share."""
    engine_of(instance).dispose()


def discard_connections(instance: dg.DagsterInstance) -> None:
    """Leave the connections that were inherited from a parent process to it."""
    engine_of(instance).dispose(close=False)


def engine_of(instance: dg.DagsterInstance) -> Engine:
    """The engine that the storages of the instance share. Its connections commit each statement."""
    assert isinstance(instance.event_log_storage, EventLogStorage)
    return instance.event_log_storage._engine


def _cache_checks(storage: object, names: tuple[str, ...]) -> None:
    for name in names:
        setattr(storage, name, _cache_true(getattr(storage, name)))


def _cache_true(check: Callable[..., bool]) -> Callable[..., bool]:
    """Cache a schema check once it is true: Dagster's migrations only add tables and columns."""
    known: set[tuple[str, ...]] = set()

    def cached(*arguments: Any) -> bool:
        names = tuple(argument for argument in arguments if isinstance(argument, str))  # not the connection
        if names not in known and check(*arguments):
            known.add(names)
        return names in known

    return cached


@cache
def _pooled_engine(postgres_url: str, process: int) -> Engine:
    """The engine of this process, for all storages of all its instances: sensors make an instance per tick.

    Dagster opens a connection per statement everywhere but in the webserver, where each of three pools keeps one: a run
    cost 0.25 CPU s instead of 0.08, and took twice as long.
    """
    made = create_engine(
        postgres_url,
        isolation_level="AUTOCOMMIT",
        pool_size=5,
        max_overflow=20,
        pool_recycle=600,
        pool_use_lifo=True,  # the connection that was used last, which needs no check
        connect_args={"options": "-c statement_timeout=60s"},
    )
    check_idle_connections(made)
    return made
