"""Uploaded media: checked and examined in their temporary files, then stored in the bucket."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fastapi import UploadFile

from api.idempotency import Replay
from api.limits.body_limits import too_large
from content_pipeline.core.errors import Error, Unavailable
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.models import Plan


def file_of(upload: UploadFile, plan: Plan) -> Path:
    """The path of an upload's temporary file. Raises TooLarge when the plan allows less.

    The file has no name, so that none is left when this process is killed; it is opened through its file descriptor's
    path, from its beginning.
    """
    if (upload.size or 0) > plan.upload_bytes:
        raise too_large(plan.upload_bytes)
    upload.file.rollover()  # type: ignore[attr-defined]  # typed as BinaryIO, is a SpooledTemporaryFile
    return Path(f"/dev/fd/{upload.file.fileno()}")


@contextmanager
def stored(file: Path, key: str, *, content_type: str = "application/octet-stream") -> Iterator[None]:
    """Store the file under `key`; delete it when the block raises an Error or replays a stored response."""
    storage.put(key, file, content_type=content_type)
    with undone_on_error(lambda: storage.delete(key)):
        yield


@contextmanager
def undone_on_error(undo: Callable[[], None]) -> Iterator[None]:
    """Undo what was done in the bucket when the block raises an Error or replays a stored response.

    Not after other exceptions: the commit may have succeeded although the connection was lost, and retention deletes
    what has no row.
    """
    try:
        yield
    except (Error, Replay):
        with suppress(Unavailable):
            undo()
        raise
