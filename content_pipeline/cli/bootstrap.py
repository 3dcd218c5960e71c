"""Bootstrap, run before the other services: create databases and bucket, migrate tables. Run with `python -m`.

Where nothing is embedded (deploy/), databases and bucket are there, and tables are migrated only.
"""

import sys
from contextlib import suppress

import dagster as dg

from content_pipeline.cli import postgres, restore_marker
from content_pipeline.cli.stack_config import StackConfig
from content_pipeline.cli.state import State, UserSettings
from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.models import migrations
from content_pipeline.core.settings import settings


def main() -> None:
    home = settings().home
    if state := State.load(home):
        prepare_stores(StackConfig(home, UserSettings(), state))
    else:
        restore_marker.check()
        migrations.upgrade()
    # Creates or migrates Dagster's tables, before its processes try that concurrently.
    with dg.DagsterInstance.get() as instance:
        instance.upgrade()


def prepare_stores(config: StackConfig) -> None:
    """Create the product's databases and bucket, and migrate its tables. Raises Conflict after half a restore."""
    if config.embeds_database:
        postgres.create_databases(config.superuser_url, config.state.database_password)
    restore_marker.check()
    migrations.upgrade()
    if config.embeds_objects:
        create_bucket(settings().s3_bucket)


def create_bucket(name: str) -> None:
    """Create the bucket unless it exists."""
    with suppress(storage.client().exceptions.BucketAlreadyExists, storage.client().exceptions.BucketAlreadyOwnedByYou):
        storage.client().create_bucket(Bucket=name)


if __name__ == "__main__":
    try:
        main()
    except Error as error:  # `up` shows the end of what is printed
        sys.exit(f"{error.detail} {error.remedy}")
