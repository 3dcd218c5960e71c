"""Alembic environment: runs migrations on the database of the settings, and compares it with the models."""

from alembic import context

from content_pipeline.core import models  # noqa: F401 - registers the tables
from content_pipeline.core.infrastructure.database import Base, engine


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in Base.metadata.tables


with engine().connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        include_name=_is_ours,
        # Parts of the release before may run meanwhile: all in one would hold the locks of each to the end, and could
        # deadlock with a part that has read a table which a later one alters.
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
