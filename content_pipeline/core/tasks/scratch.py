"""Temporary folders of runs: one per run, under the home, so that what a killed run left can be told and removed."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from content_pipeline.core.settings import settings


def _root() -> Path:
    return settings().home / "scratch"


@contextmanager
def folder(run_id: str) -> Iterator[Path]:
    """A folder for the files of one run, gone when the block ends."""
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
    """Remove the folders of runs that no longer live."""
    for run_id in dead:
        shutil.rmtree(_root() / run_id, ignore_errors=True)
