"""What a fresh or older stack needs before the rest can start: databases, tables, the bucket. `python -m` runs it."""

from contextlib import suppress

import dagster as dg

from content_pipeline.cli import postgres
from content_pipeline.cli.stack_config import StackConfig
from content_pipeline.cli.state import State, UserSettings
from content_pipeline.core import migrations, storage
from content_pipeline.core.settings import settings


def main() -> None:
    home = settings().home
    state = State.load(home)
    assert state is not None, "`up` writes stack.json before it starts anything"
    prepare_stores(StackConfig(home, UserSettings(), state))
    # Makes Dagster's tables or brings older ones up to date, before its processes do so all at once.
    with dg.DagsterInstance.get() as instance:
        instance.upgrade()


def prepare_stores(config: StackConfig) -> None:
    """Databases, tables and bucket of the product."""
    if config.embeds_database:
        postgres.create_databases(config.superuser_url, config.state.database_password)
    migrations.upgrade()
    if config.embeds_objects:
        _create_bucket(settings().s3_bucket)


def _create_bucket(name: str) -> None:
    with suppress(storage.client().exceptions.BucketAlreadyExists, storage.client().exceptions.BucketAlreadyOwnedByYou):
        storage.client().create_bucket(Bucket=name)


if __name__ == "__main__":
    main()
