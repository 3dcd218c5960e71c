"""Uploaded media: probed from the temporary file, then stored in the bucket."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from fastapi import UploadFile

from api.idempotency import Replay
from content_pipeline.core import storage
from content_pipeline.core.errors import Error, Unavailable
from content_pipeline.core.media import untrusted
from content_pipeline.core.media.media_info import MediaInfo


def probe_upload(upload: UploadFile, workspace_id: UUID) -> MediaInfo:
    """Probe an upload of the workspace in a child process. Raises as `untrusted.probe` does."""
    # The temporary file has no name, so that none is left when this process is killed; it is opened through its file
    # descriptor's path.
    upload.file.rollover()  # type: ignore[attr-defined]  # typed as BinaryIO, is a SpooledTemporaryFile
    return untrusted.probe(Path(f"/dev/fd/{upload.file.fileno()}"), workspace_id)


@contextmanager
def stored(upload: UploadFile, key: str) -> Iterator[None]:
    """Store the upload under `key`; delete it when the block raises an Error or replays a stored response."""
    upload.file.seek(0)
    storage.put(key, upload.file, content_type="application/octet-stream")
    try:
        yield
    except (Error, Replay):
        # Not after other exceptions: the commit may have succeeded although the connection was lost, and retention
        # deletes objects without a row.
        with suppress(Unavailable):
            storage.delete(key)
        raise
