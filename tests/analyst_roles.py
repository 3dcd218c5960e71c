"""Analysts for tests: roles of the database server, which are dropped afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import text

from content_pipeline.cli.postgres import DATABASES
from content_pipeline.cli.stack_config import StackConfig
from content_pipeline.cli.state import State, UserSettings
from content_pipeline.core.analytics import analysts
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Workspace
from content_pipeline.core.settings import settings


def new_name() -> str:
    """A name that no role of the server has."""
    return f"analyst_{uuid4().hex}"


@contextmanager
def analyst(workspace_id: UUID | None = None) -> Iterator[str]:
    """The connection URL of an analyst of a workspace, or of all."""
    name = new_name()
    with transaction() as session:
        workspace = session.get_one(Workspace, workspace_id).name if workspace_id else None
        url = analysts.create(session, name, workspace)
    try:
        yield url
    finally:
        remove(name)


def remove(name: str) -> None:
    """Drop the role of an analyst, if there is one."""
    with transaction() as session:
        if session.scalar(text("select exists (select from analysts where role = :name)"), {"name": name}):
            analysts.drop(session, name)


def as_superuser(statement: LiteralString) -> None:
    """Run a statement as the superuser of the test server, in the product's database."""
    state = State.load(settings().home)
    assert state
    superuser_url = StackConfig(settings().home, UserSettings(), state).superuser_url
    with psycopg.connect(superuser_url, dbname=DATABASES[0], autocommit=True) as superuser:
        superuser.execute(statement)


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True)
