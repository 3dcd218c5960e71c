"""Dagster's connections to its database."""

import pytest
from sqlalchemy import create_engine, text

from content_pipeline.connections import PostgresStorage
from content_pipeline.core.database import transaction
from content_pipeline.core.settings import settings


@pytest.mark.usefixtures("database")
def test_dagster_outlives_a_restart_of_its_database() -> None:
    url = settings().dagster_database_url.get_secret_value()
    PostgresStorage.from_config_value(None, {"postgres_url": url})
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        pooled = connection.scalar(text("select pg_backend_pid()"))
    with transaction() as session:
        session.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pooled})
    with engine.connect() as connection:
        assert connection.scalar(text("select pg_backend_pid()")) != pooled
    engine.dispose()
