"""The schema of version 1.0, which the first migration makes. Never edited: later migrations change what it made.

It is frozen as SQL: neither the models nor SQLAlchemy, which move on, change what it means.
"""

from pathlib import Path
from typing import Final

from alembic import op

from content_pipeline.core.models.migrations.version_1_0 import views

# In the order of their foreign keys.
_TABLES: Final = ("workspaces", "tasks", "captions", "videos", "publishing", "webhooks", "analytics", "monitoring")


def create() -> None:
    """Create tables, triggers and views, and the two plans."""
    cursor = op.get_bind().connection.cursor()  # SQLAlchemy itself sends one statement at a time
    for subject in _TABLES:
        cursor.execute(Path(__file__).with_name(f"{subject}.sql").read_text("utf-8"))
    views.create()
