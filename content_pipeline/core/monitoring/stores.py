"""Families of the stores: disk, bucket, and the database itself."""

import shutil
from collections.abc import Iterator

from prometheus_client.core import Metric
from sqlalchemy import text
from sqlalchemy.orm import Session

from content_pipeline.core.monitoring import bucket_usage
from content_pipeline.core.monitoring.families import gauge
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
    """Size, connections and rows of the product's database. Rows are PostgreSQL's own estimate."""
    size = session.scalar(text("select pg_database_size(current_database())"))
    rows = session.execute(
        text("select relname, n_live_tup from pg_stat_user_tables where schemaname = current_schema() order by relname")
    )
    connections = session.execute(
        text("select coalesce(state, ''), count(*) from pg_stat_activity where datname = current_database() group by 1")
    )
    yield gauge("database_bytes", "Size of the product's database.", [((), size or 0)])
    yield gauge(
        "database_connections",
        "Connections to the product's database.",
        (((state,), number) for state, number in connections if state),
        ["state"],
    )
    yield gauge(
        "table_rows", "Rows, as PostgreSQL estimates them.", (((name,), number) for name, number in rows), ["table"]
    )
