"""Dagster's storage, with pooled connections that outlive a restart of the database."""

from typing import Any

import psycopg2
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import Pool


class PostgresStorage(DagsterPostgresStorage):
    """What every process of Dagster's makes first: webserver, daemon, code server and workers."""

    @classmethod
    def from_config_value(  # type: ignore[override]  # Dagster's own returns this class, whatever it is called on
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> DagsterPostgresStorage:
        if not event.contains(Pool, "checkout", _ping):
            event.listen(Pool, "checkout", _ping)
        return super().from_config_value(inst_data, config_value)


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
