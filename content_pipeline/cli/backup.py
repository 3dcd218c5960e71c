"""Backup of both databases and the bucket, consistent with one another, while everything goes on.

    all objects ──▶ a snapshot of each database ──▶ the objects that were written since

A row names an object only once that is stored, and an object is deleted after its row. So each object that
the snapshots name was stored before them: it was copied first, or is among those that were written since.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from content_pipeline.cli import archive, database_dumps, stack
from content_pipeline.cli.display import Progress
from content_pipeline.cli.state import UserSettings
from content_pipeline.core.errors import NotFound
from content_pipeline.core.infrastructure import encryption, storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.storage import StoredObject
from content_pipeline.core.models import migrations
from content_pipeline.core.settings import settings

# `key_check` of a manifest is this text, encrypted: it shows whether a restore has the right key.
KEY_CHECK: Final = b"content-pipeline"
KEY_CHECK_AAD: Final = "backup"
# Listings have full seconds, and a store may note the time before an object is there.
_SINCE_MARGIN: Final = timedelta(seconds=10)


def take(home: Path, path: Path, progress: Progress) -> int:
    """Write a backup to a new file. Returns how many objects there were when it began.

    The embedded stores are started for it, if the home's stack does not run. Raises Conflict, Invalid, Unavailable.
    """
    with (
        _stores(home, progress),
        archive.writing(path, _manifest()) as writer,
        TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.") as folder,
    ):
        since = storage.store_time() - _SINCE_MARGIN
        objects = _add_objects(writer, storage.listing(), Path(folder))
        with database_dumps.snapshots() as snapshots:
            for name, snapshot in snapshots.items():
                file = Path(folder) / name
                database_dumps.dump(name, snapshot, file)
                writer.add_dump(name, file)
                file.unlink()
        _add_objects(writer, storage.listing_since(since), Path(folder))
        writer.add_end()
        return objects


@contextmanager
def _stores(home: Path, progress: Progress) -> Iterator[None]:
    configured = UserSettings()
    has_own = configured.database_url.get_secret_value() and configured.s3_endpoint
    if has_own or stack.Stack.attach(home):
        yield
    else:
        with stack.only_stores(home, progress):
            yield


def _manifest() -> archive.Manifest:
    has_key = bool(settings().encryption_keys)
    return archive.Manifest(
        made_at=now(),
        bucket=settings().s3_bucket,
        revision=migrations.current(),
        key_check=b64encode(encryption.encrypt(KEY_CHECK, KEY_CHECK_AAD)).decode() if has_key else None,
    )


def _add_objects(writer: archive.Writer, found: Iterable[StoredObject], folder: Path) -> int:
    """Returns how many there were."""
    file, added = folder / "object", 0
    for stored in found:
        if not archive.is_key(stored.key):  # in the inbox, by a client: nothing of the product's has such a key
            continue
        with suppress(NotFound):  # deleted since it was listed
            writer.add_object(stored, file, storage.fetch_with_type(stored.key, file))
            added += 1
    return added
