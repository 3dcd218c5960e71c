"""The bootstrap where every store is elsewhere: it migrates both databases."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, create_engine, inspect, make_url

from content_pipeline.cli import postgres
from content_pipeline.cli.stack_config import ROOT, StackConfig
from content_pipeline.cli.state import State, UserSettings
from content_pipeline.core.settings import settings

NAMES = ("ours_elsewhere", "dagsters_elsewhere")


@pytest.fixture
def empty_databases(database: None) -> Iterator[tuple[URL, URL]]:
    """The product's and Dagster's, new at the test's server."""
    state = State.load(settings().home)
    assert state
    superuser = StackConfig(settings().home, UserSettings(), state).superuser_url
    with psycopg.connect(superuser, autocommit=True) as server:
        for name in NAMES:
            create = sql.SQL("create database {} owner {}")
            server.execute(create.format(sql.Identifier(name), sql.Identifier(postgres.ROLE)))
        ours, dagsters = settings().database_url, settings().dagster_database_url
        yield (
            make_url(ours.get_secret_value()).set(database=NAMES[0]),
            make_url(dagsters.get_secret_value()).set(database=NAMES[1]),
        )
        for name in NAMES:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.mark.slow
def test_it_migrates_databases_of_others_and_needs_no_state(empty_databases: tuple[URL, URL], tmp_path: Path) -> None:
    ours, dagsters = empty_databases
    (tmp_path / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    environment = {
        **os.environ,
        "CONTENT_PIPELINE_HOME": str(tmp_path / "home"),
        "CONTENT_PIPELINE_DATABASE_URL": ours.render_as_string(hide_password=False),
        "CONTENT_PIPELINE_DAGSTER_DATABASE_URL": dagsters.render_as_string(hide_password=False),
        "CONTENT_PIPELINE_BROKER_URL": "redis://127.0.0.1:1/0",
        "DAGSTER_HOME": str(tmp_path),
    }
    command = [sys.executable, "-m", "content_pipeline.cli.bootstrap"]
    for _ in range(2):  # each upgrade runs it again
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
    assert {"tasks", "alembic_version"} <= _tables(ours)
    with psycopg.connect(ours.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute("create table restore_unfinished ()")  # restore_marker.put
    assert (
        "restored only in part"
        in subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True).stderr
    )
    assert {"runs", "event_logs"} <= _tables(dagsters)


def _tables(url: URL) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
