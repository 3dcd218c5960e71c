"""The bootstrap where every store is elsewhere: it migrates both databases."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url, text

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.settings import settings


@pytest.fixture
def empty_schema(database: None) -> Iterator[str]:
    """The name of a new schema in both databases of the test's server."""
    name = "of_the_bootstrap"
    urls = [settings().database_url.get_secret_value(), settings().dagster_database_url.get_secret_value()]
    servers = [create_engine(url, isolation_level="AUTOCOMMIT") for url in urls]
    for server in servers:
        with server.connect() as connection:
            connection.execute(text(f"create schema {name}"))
    yield name
    for server in servers:
        with server.connect() as connection:
            connection.execute(text(f"drop schema {name} cascade"))
        server.dispose()


@pytest.mark.slow
def test_it_migrates_databases_of_others_and_needs_no_state(empty_schema: str, tmp_path: Path) -> None:
    def in_schema(url: str) -> str:
        query = {"options": f"-csearch_path={empty_schema}"}
        return make_url(url).update_query_dict(query).render_as_string(hide_password=False)

    ours = in_schema(settings().database_url.get_secret_value())
    dagsters = in_schema(settings().dagster_database_url.get_secret_value())
    (tmp_path / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    environment = {
        **os.environ,
        "CONTENT_PIPELINE_HOME": str(tmp_path / "home"),
        "CONTENT_PIPELINE_DATABASE_URL": ours,
        "CONTENT_PIPELINE_DAGSTER_DATABASE_URL": dagsters,
        "CONTENT_PIPELINE_BROKER_URL": "redis://127.0.0.1:1/0",
        "DAGSTER_HOME": str(tmp_path),
    }
    command = [sys.executable, "-m", "content_pipeline.cli.bootstrap"]
    for _ in range(2):  # an upgrade runs it again
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
    assert {"tasks", "alembic_version"} <= _tables(ours, empty_schema)
    assert {"runs", "event_logs"} <= _tables(dagsters, empty_schema)


def _tables(url: str, schema: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names(schema))
    finally:
        engine.dispose()
