"""Uploaded media: looked into where it was received, then kept in the object store."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fastapi import UploadFile

from api.idempotency import Replay
from content_pipeline.core import storage
from content_pipeline.core.errors import Error, Unavailable
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import probe


def probe_upload(upload: UploadFile) -> MediaInfo:
    """What was uploaded. Raises NotMedia, MediaUnusable."""
    # The temporary file has no name, so that nothing stays behind when this process is killed; the system
    # gives every open file a path of its own.
    upload.file.rollover()  # type: ignore[attr-defined]  # UploadFile says BinaryIO, it is a SpooledTemporaryFile
    return probe(Path(f"/dev/fd/{upload.file.fileno()}"))


@contextmanager
def stored(upload: UploadFile, key: str) -> Iterator[None]:
    """The upload is in the store under `key`, and leaves it again when the block refuses it or replays an answer."""
    upload.file.seek(0)
    storage.put(key, upload.file, content_type="application/octet-stream")
    try:
        yield
    except (Error, Replay):
        # Not after a crash or a lost connection: the commit may have come through, and an object without a
        # row is found by the sweep.
        with suppress(Unavailable):
            storage.delete(key)
        raise
