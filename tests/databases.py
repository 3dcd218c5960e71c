"""Databases of a test's own at the server of the tests."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from content_pipeline.cli import postgres
from content_pipeline.cli.stack_config import StackConfig
from content_pipeline.cli.state import State, UserSettings
from content_pipeline.core.settings import settings


@contextmanager
def empty_database(name: str) -> Iterator[URL]:
    """The address of a new database of the product's role, which is dropped at the end."""
    state = State.load(settings().home)
    assert state
    superuser = StackConfig(settings().home, UserSettings(), state).superuser_url
    with psycopg.connect(superuser, autocommit=True) as server:
        create = sql.SQL("create database {} owner {}")
        server.execute(create.format(sql.Identifier(name), sql.Identifier(postgres.ROLE)))
        try:
            yield make_url(settings().database_url.get_secret_value()).set(database=name)
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
