"""The bootstrap where every store is elsewhere: it migrates both databases."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, create_engine, inspect

from content_pipeline.cli.stack_config import ROOT
from tests.databases import empty_database


@pytest.fixture
def empty_databases(database: None) -> Iterator[tuple[URL, URL]]:
    """The product's and Dagster's, new at the test's server."""
    with empty_database("ours_elsewhere") as ours, empty_database("dagsters_elsewhere") as dagsters:
        yield ours, dagsters


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
    refused = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "restored only in part" in refused.stderr
    with psycopg.connect(ours.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute("drop table restore_unfinished")
        connection.execute("update alembic_version set version_num = '0038'")
    refused = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr.startswith("The database is of another release (revision 0038), and was left as it is.")
    assert {"runs", "event_logs"} <= _tables(dagsters)


def _tables(url: URL) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()
