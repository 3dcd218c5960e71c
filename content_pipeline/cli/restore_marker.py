"""Marks the product's database while a restore fills it, so that nothing is started on half of it."""

from typing import Final

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.database import engine

_TABLE: Final = "restore_unfinished"


def put() -> None:
    with engine().begin() as connection:
        connection.execute(text(f"create table {_TABLE} ()"))


def remove(session: Session) -> None:
    """Remove it with the last change of the restore, in the caller's transaction."""
    session.execute(text(f"drop table {_TABLE}"))


def is_there() -> bool:
    return inspect(engine()).has_table(_TABLE)


def check() -> None:
    """Raises Conflict when a restore of the database has begun and not ended."""
    if is_there():
        raise Conflict(
            "This database was restored only in part.",
            code="restore_unfinished",
            remedy="Run `content-pipeline restore` again, to its end.",
        )
