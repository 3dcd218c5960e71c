"""Version 1.0 makes the schema that it always made, and each migration after it holds the rows that are there."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import URL, Connection, create_engine, inspect, select, text
from sqlalchemy.orm import Session, undefer

from content_pipeline.cli import postgres
from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.database import Base, engine
from content_pipeline.core.models import migrations
from tests.databases import empty_database

VERSION_1_0: Final = "1001"
# Of `schema_of`. Databases have this schema, so no edit of that migration reaches them: add one that changes it. Only
# another release of PostgreSQL, which writes the same in other words, is a reason for another hash.
SCHEMA_OF_1_0: Final = "35275c9c762ff84366345e5fe80a92d2790afb0ef5a3b218220168c3c4aa5d56"
ROWS_OF_1_0: Final = Path(__file__).with_name("version_1_0_rows.sql")

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def version_1_0(database: None) -> Iterator[URL]:
    """A database of version 1.0."""
    with empty_database("of_version_1_0") as url:
        alembic(url, "upgrade", VERSION_1_0)
        yield url


@pytest.fixture
def connection(version_1_0: URL) -> Iterator[Connection]:
    made = create_engine(version_1_0, isolation_level="AUTOCOMMIT")
    with made.connect() as connection:
        yield connection
    made.dispose()


def alembic(url: URL, *arguments: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=ROOT,
        env={**os.environ, "CONTENT_PIPELINE_DATABASE_URL": url.render_as_string(hide_password=False)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def schema_of(url: URL) -> str:
    """All that a dump of the schema says but for comments of the dump, settings of its session and owners."""
    dump = [postgres.binary("pg_dump"), "--schema-only", "--no-owner", "--exclude-table=alembic_version"]
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    text = subprocess.run([*dump, address], capture_output=True, text=True, check=True).stdout
    return re.sub(r"^(--.*|SET .*|SELECT pg_catalog.set_config.*|\\(un)?restrict .*|)\n", "", text, flags=re.MULTILINE)


def columns_of(connection: Connection) -> dict[str, set[str]]:
    tables = inspect(connection)
    return {name: {column["name"] for column in tables.get_columns(name)} for name in tables.get_table_names()}


def rows_of(connection: Connection, tables: Iterable[str]) -> Rows:
    return {
        name: [dict(row) for row in connection.execute(text(f"select * from {name} order by 1")).mappings()]
        for name in tables
        if name != "alembic_version"
    }


def only(columns: dict[str, set[str]], rows: Rows) -> Rows:
    return {
        name: [{column: value for column, value in row.items() if column in columns[name]} for row in found]
        for name, found in rows.items()
        if name in columns
    }


@pytest.mark.slow
def test_version_1_0_makes_the_schema_that_it_always_made(version_1_0: URL) -> None:
    assert hashlib.sha256(schema_of(version_1_0).encode()).hexdigest() == SCHEMA_OF_1_0


@pytest.mark.slow
def test_an_upgrade_from_version_1_0_holds_its_rows_and_the_models_read_them(
    version_1_0: URL, connection: Connection
) -> None:
    with connection.connection.cursor() as cursor:
        cursor.execute(ROWS_OF_1_0.read_text())
    then = columns_of(connection)
    before = rows_of(connection, then)
    assert all(before.values()), "a table without a row"
    alembic(version_1_0, "upgrade", "head")
    now = columns_of(connection)
    after = rows_of(connection, now)
    # What is dropped on purpose is not there to be compared, nor what came later.
    assert only(then, after) == only(now, before)
    with Session(connection) as session:
        for mapper in Base.registry.mappers:
            assert session.scalars(select(mapper.class_).options(undefer("*"))).all(), mapper.class_.__tablename__
    alembic(version_1_0, "check")  # the migrations match the models
    alembic(version_1_0, "downgrade", VERSION_1_0)


@pytest.mark.parametrize("revision", ["0038", "9999"])
def test_a_database_from_which_nothing_leads_here_is_refused(database: None, revision: str) -> None:
    set_revision(revision)
    try:
        with pytest.raises(Conflict) as refused:
            migrations.upgrade()
        assert migrations.current() == revision
    finally:
        set_revision(migrations.newest())
    assert refused.value.code == "database_of_other_release"
    assert refused.value.remedy


def set_revision(revision: str) -> None:
    with engine().begin() as connection:
        connection.execute(text("update alembic_version set version_num = :revision"), {"revision": revision})
