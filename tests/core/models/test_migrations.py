"""Alembic migrations match the models, and can be downgraded to an empty database."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.schema import CreateSchema, DropSchema

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.settings import settings


@pytest.fixture
def empty_database(database: None) -> Iterator[str]:
    """URL of the test server's second database. The tables that other tests made there are put aside."""
    url = make_url(settings().dagster_database_url.get_secret_value()).set(drivername="postgresql+psycopg")
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("alter schema public rename to of_other_tests"))
        connection.execute(CreateSchema("public"))
        yield url.render_as_string(hide_password=False)
        connection.execute(DropSchema("public", cascade=True))
        connection.execute(text("alter schema of_other_tests rename to public"))
    server.dispose()


def alembic(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=ROOT,
        env={**os.environ, "CONTENT_PIPELINE_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_migrations_match_the_models_and_can_be_downgraded(empty_database: str) -> None:
    assert alembic(empty_database, "upgrade", "head").returncode == 0
    check = alembic(empty_database, "check")
    assert check.returncode == 0, check.stdout + check.stderr
    assert alembic(empty_database, "downgrade", "base").returncode == 0
    engine = create_engine(empty_database)
    try:
        assert inspect(engine).get_table_names() == ["alembic_version"]
    finally:
        engine.dispose()
