"""Dumps of the two databases, by pg_dump and pg_restore: taken at one moment, restored in one transaction each.

Without owners and rights: the roles of another server have other names. `analysts.open_views` grants what the views for
analysts need.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg import IsolationLevel
from sqlalchemy import URL, make_url

from content_pipeline.cli import postgres
from content_pipeline.core.errors import Unavailable
from content_pipeline.core.settings import settings

# Dagster's first: a task whose run its database does not know is started; it is the rows of ours that say what is true.
NAMES: Final = ("dagster", "content")
_UNOWNED: Final = ("--no-owner", "--no-privileges")


@contextmanager
def snapshots() -> Iterator[dict[str, str]]:
    """The ids of a snapshot of each database, by its name, taken within milliseconds and valid during the block."""
    with ExitStack() as opened:
        yield {name: _export_snapshot(opened, name) for name in NAMES}


def _export_snapshot(opened: ExitStack, name: str) -> str:
    # It idles in its transaction while pg_dump reads.
    options = "-c idle_in_transaction_session_timeout=0"
    url = _url(name).render_as_string(hide_password=False)
    connection = opened.enter_context(psycopg.connect(url, options=options))
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    (snapshot,) = connection.execute("select pg_export_snapshot()").fetchone() or ("",)
    return str(snapshot)


def dump(name: str, snapshot: str, file: Path) -> None:
    """Write what a snapshot of the database has to a file. Raises Unavailable with pg_dump's message."""
    _run("pg_dump", name, "--format=custom", *_UNOWNED, f"--snapshot={snapshot}", f"--file={file}")


def restore(name: str, file: Path) -> None:
    """Fill the empty database from a dump, wholly or not at all. Raises Unavailable with pg_restore's message."""
    _run("pg_restore", name, "--exit-on-error", "--single-transaction", *_UNOWNED, str(file))


def has_tables(name: str) -> bool:
    """Whether anything was ever made in the database."""
    with psycopg.connect(_url(name).render_as_string(hide_password=False)) as connection:
        query = "select from pg_class where relnamespace = 'public'::regnamespace limit 1"
        return connection.execute(query).fetchone() is not None


def _run(program: str, name: str, *options: str) -> None:
    url = _url(name)
    # Every user of the host can read command lines.
    environment = {**os.environ, "PGPASSWORD": str(url.password or "")}
    command = [str(postgres.binary(program)), *options, f"--dbname={_without_password(url)}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines() or ["no reason given"]
        raise Unavailable(
            f"{program} failed with the database {name}: {reason[-1]}",
            code="dump_failed",
            remedy="See the message; the programs are of PostgreSQL 18, for servers of this version and older ones.",
        )


def _without_password(url: URL) -> str:
    shown = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, url.query)
    return shown.render_as_string()


def _url(name: str) -> URL:
    """The URL of a database as libpq takes it."""
    urls = {"dagster": settings().dagster_database_url, "content": settings().database_url}
    return make_url(urls[name].get_secret_value()).set(drivername="postgresql")
