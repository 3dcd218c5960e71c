"""Backgrounds of reels that all processes of a test run share: each takes 3 s of CPU to paint."""

import os
from pathlib import Path

import pytest


def share_backgrounds(home: Path, factory: pytest.TempPathFactory) -> None:
    """Let what has this state folder paint into the folder of the run, and find there what others have painted."""
    of_process = factory.getbasetemp()
    shared = (of_process.parent if "PYTEST_XDIST_WORKER" in os.environ else of_process) / "backgrounds"
    shared.mkdir(exist_ok=True)
    shared.chmod(0o777)  # a stack of root's runs as another user
    cache = home / "cache"
    cache.mkdir(parents=True)
    (cache / "plates").symlink_to(shared)
