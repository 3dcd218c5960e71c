"""The database's history: `upgrade()` brings any earlier state to the present one."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def upgrade() -> None:
    """Apply every migration that the database named by the settings does not have yet."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    command.upgrade(config, "head")
