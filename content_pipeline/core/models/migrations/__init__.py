"""The database's history: `upgrade()` brings any earlier state to the present one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from content_pipeline.core.infrastructure.database import engine


def upgrade() -> None:
    """Apply every migration that the database named by the settings does not have yet."""
    command.upgrade(_config(), "head")


def current() -> str:
    """The revision of the database; empty before the first migration."""
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def newest() -> str:
    """The revision that this release works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def is_known(revision: str) -> bool:
    """Whether this release has the migration: it cannot read what a later one has migrated."""
    known = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {script.revision for script in known}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
