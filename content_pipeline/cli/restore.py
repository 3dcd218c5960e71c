"""Restore of a backup into an empty stack, which is not running.

The objects come first, then Dagster's database and the product's. A marker in the latter keeps `up` from starting
anything before all of it is there, and no post can go out by itself (core/calendar/restored_posts.py).
"""

from base64 import b64decode
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import select

from content_pipeline.cli import archive, bootstrap, database_dumps, postgres, restore_marker, stack
from content_pipeline.cli.backup import KEY_CHECK, KEY_CHECK_AAD
from content_pipeline.cli.display import Progress
from content_pipeline.cli.stack_config import StackConfig
from content_pipeline.core.analytics import analysts
from content_pipeline.core.bulk import csv_inbox
from content_pipeline.core.calendar import restored_posts
from content_pipeline.core.errors import Conflict, Error, Invalid
from content_pipeline.core.infrastructure import encryption, storage
from content_pipeline.core.infrastructure.database import dispose_engines, engine, transaction
from content_pipeline.core.models import Analyst, Workspace, migrations
from content_pipeline.core.settings import settings


@dataclass(frozen=True)
class Restored:
    """What a person has to know: how many posts and items of the calendar are held back, and the roles of analysts,
    whose passwords no backup has."""

    manifest: archive.Manifest
    objects: int
    posts: int
    items: int
    analysts: list[str]


def restore(home: Path, path: Path, progress: Progress, *, without_keys: bool) -> Restored:
    """Fill an empty stack from a backup. Raises Conflict when it is running or not empty, Invalid for a file that is no
    whole backup of this bucket and release, Unavailable.

    `without_keys`: what was encrypted is lost, so that each account has to be connected again.
    """
    with archive.reading(path) as reader, ExitStack() as opened:
        _check(reader.manifest, without_keys=without_keys)
        settings.cache_clear()  # those of a new folder are written when its stores are started
        config = opened.enter_context(stack.only_stores(home, progress))
        _make_empty(config)
        with TemporaryDirectory(dir=home, prefix="restore-") as folder:
            objects, inbox = 0, []
            for found in reader.objects(Path(folder)):
                storage.put(found.stored.key, found.body, content_type=found.content_type)
                objects += 1
                if found.stored.key.startswith(csv_inbox.INBOX):
                    inbox.append(found.stored)
            restore_marker.put()
            for name in database_dumps.NAMES:
                database_dumps.restore(name, Path(folder) / name)
        migrations.upgrade()
        for file in filter(csv_inbox.is_accepted, inbox):
            # The file was copied before its batch was made. With the new time of its object it would count as another
            # upload to the inbox, and make a second batch.
            storage.delete(file.key)
        with transaction() as session:
            analysts.open_views(session)
            posts, items = restored_posts.hold_back(session)
            roles = list(session.scalars(select(Analyst.role).order_by(Analyst.role)))
            restore_marker.remove(session)
        dispose_engines()
        return Restored(reader.manifest, objects, posts, items, roles)


def _check(manifest: archive.Manifest, *, without_keys: bool) -> None:
    if manifest.bucket != settings().s3_bucket:
        raise Invalid(
            f"This is a backup of the bucket {manifest.bucket}, and rows of its databases name it.",
            code="backup_of_other_bucket",
            remedy=f"Set CONTENT_PIPELINE_S3_BUCKET to {manifest.bucket}.",
        )
    if not migrations.is_known(manifest.revision):
        raise Invalid(
            f"This backup was made by another release (revision {manifest.revision}).",
            code="backup_of_other_release",
            remedy="Restore it with that release.",
        )
    if manifest.key_check is not None and not without_keys:
        _check_key(manifest.key_check)


def _check_key(key_check: str) -> None:
    try:
        is_right = encryption.decrypt(b64decode(key_check), KEY_CHECK_AAD) == KEY_CHECK
    except (Error, ValueError):
        is_right = False
    if not is_right:
        raise Invalid(
            "The tokens and secrets in this backup are encrypted with a key that is not configured.",
            code="backup_key_missing",
            remedy="Set CONTENT_PIPELINE_ENCRYPTION_KEYS to that of the stack that was backed up. If it is lost, use"
            " --without-keys: then connect each account again, and rotate the secrets of webhooks.",
        )


def _make_empty(config: StackConfig) -> None:
    """Empty databases and the bucket. Raises Conflict when there is something to lose."""
    if not config.embeds_database:
        for name in database_dumps.NAMES:
            if database_dumps.has_tables(name):
                raise Conflict(
                    f"The database of {name} is not empty.",
                    code="database_not_empty",
                    remedy="Stop all that uses it, then drop the database and create it again.",
                )
    elif _has_workspaces(config):
        raise Conflict(
            f"There are workspaces in the databases of {config.home}.",
            code="database_not_empty",
            remedy="Set CONTENT_PIPELINE_HOME to a new folder, and restore there.",
        )
    else:
        dispose_engines()
        postgres.drop_databases(config.superuser_url)
        postgres.create_databases(config.superuser_url, config.state.database_password)
    if config.embeds_objects:
        bootstrap.create_bucket(settings().s3_bucket)


def _has_workspaces(config: StackConfig) -> bool:
    """Whether a whole product has been here: half a restore has not."""
    with psycopg.connect(config.superuser_url) as connection:
        names = {name for (name,) in connection.execute("select datname from pg_database")}
    if not names & set(postgres.DATABASES):
        return False
    if restore_marker.is_there():
        return False
    with transaction() as session:
        has_table = engine().dialect.has_table(session.connection(), Workspace.__tablename__)
        return has_table and session.scalar(select(Workspace.id).limit(1)) is not None
