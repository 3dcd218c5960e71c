"""Free disk space check, made before large files are written; the error of a full disk."""

import shutil
from pathlib import Path
from typing import Final

from content_pipeline.core.errors import Unavailable

# What a worker's download leaves free, for databases and logs on the same disk. Uploads and dry runs leave five times
# as much (api/upload_routes.py), so that accepted work goes on when no more is accepted.
LEFT_BYTES: Final = 200_000_000


def check(folder: Path, size: int, *, left: int = LEFT_BYTES) -> None:
    """Raises Unavailable `disk_full` unless `left` bytes stay free on the disk of `folder` beside a file of `size`."""
    if shutil.disk_usage(folder).free < size + left:
        raise Unavailable(
            "There is no room for this file at present.",
            code="disk_full",
            remedy="Send it again later, or a smaller one.",
            retry_after=60,
        )


def full() -> Unavailable:
    """The error of a program that has met a full disk."""
    return Unavailable(
        "The disk of the rendering machine is full.", code="disk_full", remedy="Free some space and try again."
    )
