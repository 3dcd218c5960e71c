"""The database's history: `upgrade()` brings any state since version 1.0 to the present one."""

import re
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.database import engine

# Version 0.1.0 was under development: nothing leads from its revisions to 1001, which is version 1.0.
_OF_0_1: Final = re.compile(r"00\d\d")


def upgrade() -> None:
    """Apply every migration that the database named by the settings does not have yet.

    Raises Conflict, without a change, when no migration of this release leads on from there.
    """
    found = current()
    if is_of_0_1(found):
        raise Conflict(
            "This database was made by version 0.1.0, from which no upgrade leads to this release.",
            code="database_of_0_1",
            remedy="Set CONTENT_PIPELINE_HOME to a new folder, or CONTENT_PIPELINE_DATABASE_URL to an empty database."
            " The old one is left as it is.",
        )
    if found and not is_known(found):
        raise Conflict(
            f"This database was migrated by a later release (revision {found}).",
            code="database_too_new",
            remedy="Install that release, or a later one.",
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
    """Whether this release has the migration: it cannot read what a later one has migrated."""
    known = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {script.revision for script in known}


def is_of_0_1(revision: str) -> bool:
    return _OF_0_1.fullmatch(revision) is not None


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
