"""Metric families of the stores: disk, bucket, and the databases themselves."""

import shutil
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from prometheus_client.core import Metric
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.orm import Session

from content_pipeline.core.operations.monitoring import bucket_usage
from content_pipeline.core.operations.monitoring.families import gauge
from content_pipeline.core.settings import settings


def disk(_: Session) -> Iterator[Metric]:
    """The disk of this host's state folder."""
    if not settings().home.exists():
        return
    usage = shutil.disk_usage(settings().home)
    yield gauge("disk_bytes", "Size of the disk with the state folder of this host.", [((), usage.total)])
    yield gauge("disk_free_bytes", "What is free of it.", [((), usage.free)])


def bucket(session: Session) -> Iterator[Metric]:
    """The bucket, as the last sweep of its files found it."""
    usage = bucket_usage.last(session)
    if usage is None:
        return
    yield gauge("bucket_objects", "Objects in the bucket.", [((), usage.objects)])
    yield gauge("bucket_bytes", "Their bytes.", [((), usage.bytes)])
    yield gauge("bucket_measured_timestamp_seconds", "When they were counted.", [((), usage.taken_at.timestamp())])


def database(session: Session) -> Iterator[Metric]:
    """Size, connections and rows of both databases. Rows are PostgreSQL's own estimate."""
    readings = {"content": _read_database(session)}
    if url := settings().dagster_database_url.get_secret_value():
        with Session(_dagster_engine(url)) as dagster:
            readings["dagster"] = _read_database(dagster)
    yield gauge(
        "database_bytes",
        "Size of a database.",
        (((name,), reading.bytes) for name, reading in readings.items()),
        ["database"],
    )
    yield gauge(
        "database_connections",
        "Connections to a database.",
        (((name, state), number) for name, reading in readings.items() for state, number in reading.connections),
        ["database", "state"],
    )
    yield gauge(
        "table_rows",
        "Rows, as PostgreSQL estimates them.",
        (((name, table), rows) for name, reading in readings.items() for table, rows in reading.tables),
        ["database", "table"],
    )


@cache
def _dagster_engine(url: str) -> Engine:
    """Connects anew at each scrape, which takes some milliseconds, and holds no connection between them."""
    options = {"connect_timeout": 5, "options": "-c statement_timeout=5s"}
    return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)


class _Database(NamedTuple):
    """Its connections by state, and rows by table."""

    bytes: int
    connections: Sequence[tuple[str, int]]
    tables: Sequence[tuple[str, int]]


def _read_database(session: Session) -> _Database:
    size = session.scalar(text("select pg_database_size(current_database())"))
    connections = session.execute(
        text(
            "select state, count(*) from pg_stat_activity"
            " where datname = current_database() and state is not null group by 1"
        )
    )
    rows = session.execute(
        text("select relname, n_live_tup from pg_stat_user_tables where schemaname = current_schema() order by relname")
    )
    return _Database(size or 0, [(state, number) for state, number in connections], [(name, n) for name, n in rows])
