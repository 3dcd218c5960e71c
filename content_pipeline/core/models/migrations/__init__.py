"""The database's history: `upgrade()` brings any state since version 1.0 to the present one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.database import engine


def upgrade() -> None:
    """Apply every migration that the database named by the settings does not have yet. Raises Conflict.

    0.1.0 had other migrations, which this release does not know.
    """
    if (revision := current()) and not is_known(revision):
        raise Conflict(
            f"The database is of another release (revision {revision}), and was left as it is.",
            code="database_of_other_release",
            remedy="Use it with that release, and give this one another database, or CONTENT_PIPELINE_HOME.",
        )
    command.upgrade(_config(), "head")


def current() -> str:
    """The revision of the database; empty before the first migration."""
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def newest() -> str:
    """The revision that this release works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def is_known(revision: str) -> bool:
    """Whether this release has the migration: it cannot read what another one has migrated."""
    known = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {script.revision for script in known}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
