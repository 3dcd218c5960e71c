"""Temporary folders, one per run, named by its id so that those of killed runs can be removed."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from content_pipeline.core.settings import settings


def _root() -> Path:
    return settings().home / "scratch"


@contextmanager
def folder(run_id: str) -> Iterator[Path]:
    """A folder for the files of one run, deleted when the block ends."""
    path = _root() / run_id
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def run_ids() -> list[str]:
    """The runs that have a folder on this machine."""
    return [path.name for path in _root().iterdir()] if _root().exists() else []


def sweep(dead: Collection[str]) -> None:
    """Remove the folders of these runs."""
    for run_id in dead:
        shutil.rmtree(_root() / run_id, ignore_errors=True)
