"""Dagster's storage: connections that outlive a restart of the database, and no statement that nobody needs."""

from collections.abc import Callable
from typing import Any, Final

import psycopg2
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import Pool

# What Dagster asks about its tables again and again, by reading PostgreSQL's catalog: before each event and each look
# at the queue, and four times in a tick of a sensor.
_ASKED_OF_RUNS: Final = ("has_run_stats_index_cols", "has_backfill_id_column")
_ASKED_OF_EVENTS: Final = ("has_table",)
_ASKED_OF_SCHEDULES: Final = ("has_instigators_table", "_has_instigators_table", "has_built_index")


class PostgresStorage(DagsterPostgresStorage):
    """What every process of Dagster's makes first: webserver, daemon, code server and workers."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        self._event_log_storage = EventLogStorage(postgres_url)
        _remember(self._run_storage, _ASKED_OF_RUNS)
        _remember(self._event_log_storage, _ASKED_OF_EVENTS)
        _remember(self._schedule_storage, _ASKED_OF_SCHEDULES)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "PostgresStorage":
        if not event.contains(Pool, "checkout", _ping):
            event.listen(Pool, "checkout", _ping)
        return cls(config_value["postgres_url"], inst_data)


class EventLogStorage(PostgresEventLogStorage):
    """Dagster's own, without the NOTIFY that it sends behind each event for readers of older versions.

    That is a commit of its own, which waits for the disk as long as the event's does; a run has 32 events.
    """

    def store_event(self, event: EventLogEntry) -> None:
        with self.run_connection() as connection:
            insert = self.prepare_insert_event(event).returning(SqlEventLogStorageTable.c.id)
            event_id = connection.execute(insert).scalar_one()
        if event.dagster_event_type in ASSET_EVENTS:
            with self.index_transaction() as connection:
                self._store_asset_event_tags(connection, [event], [event_id])
                self._store_asset_event(connection, event, event_id)
        if event.dagster_event_type in ASSET_CHECK_EVENTS:
            self.store_asset_check_event(event, event_id)


def _remember(storage: object, questions: tuple[str, ...]) -> None:
    for question in questions:
        setattr(storage, question, _remembered(getattr(storage, question)))


def _remembered(ask: Callable[..., bool]) -> Callable[..., bool]:
    """The same question, asked until the answer is yes: Dagster's tables only ever gain something."""
    known: set[tuple[str, ...]] = set()

    def answer(*arguments: Any) -> bool:
        names = tuple(argument for argument in arguments if isinstance(argument, str))  # not the connection
        if names not in known and ask(*arguments):
            known.add(names)
        return names in known

    return answer


def _ping(connection: Any, *_: Any) -> None:
    """Have a pooled connection replaced that the server has closed meanwhile.

    Dagster asks for no such check: after a restart of the database each process failed its next statement, and
    with it a step that had just transcribed for minutes, or the registration of a run's partition key, for want
    of which the step failed at its end. Only Dagster's own connections are psycopg2's.
    """
    if not isinstance(connection, psycopg2.extensions.connection):
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except psycopg2.Error as error:
        raise DisconnectionError from error
