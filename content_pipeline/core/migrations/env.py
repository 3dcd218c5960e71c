"""Alembic environment: runs migrations on the database of the settings, and compares it with the models."""

from alembic import context

from content_pipeline.core import models  # noqa: F401 - registers the tables
from content_pipeline.core.database import Base, engine


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in Base.metadata.tables


with engine().connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True, include_name=_is_ours)
    with context.begin_transaction():
        context.run_migrations()
