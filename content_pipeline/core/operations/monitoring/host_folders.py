"""Metric families of folders of this host: the state folder, the scratch folders of runs, and temporary files."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from prometheus_client.core import Metric

from content_pipeline.core.operations.monitoring.families import gauge
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import scratch


class _Size(NamedTuple):
    files: int
    bytes: int


def families() -> Iterator[Metric]:
    """Files and bytes below each folder of the state folder, scratch folders, temporary files."""
    home = settings().home
    sizes = {folder.name: _size(folder) for folder in sorted(home.glob("*/"))}
    yield gauge(
        "folder_files",
        "Files below a folder of this host's state folder.",
        (((name,), size.files) for name, size in sizes.items()),
        ["folder"],
    )
    yield gauge("folder_bytes", "Their bytes.", (((name,), size.bytes) for name, size in sizes.items()), ["folder"])
    yield gauge("scratch_folders", "Scratch folders of runs on this host.", [((), len(scratch.run_ids()))])
    yield gauge(
        "temporary_files",
        "Files and folders of this user in the temporary folder of this host.",
        [((), _temporary_files())],
    )


def _size(folder: Path) -> _Size:
    """What is deleted meanwhile does not count. A stack that has just started has 2,000 files: 10 ms."""
    files = total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(f"{parent}/{name}").st_size
                files += 1
    return _Size(files, total)


def _temporary_files() -> int:
    number = 0
    for entry in os.scandir(tempfile.gettempdir()):
        with suppress(OSError):
            number += entry.stat(follow_symlinks=False).st_uid == os.geteuid()
    return number
