"""The sandbox as a real server of this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from sandbox.app import create_app
from tests.sandbox_client import Sandbox
from tests.servers import serving

__all__ = ["Sandbox", "served_sandbox"]


@contextmanager
def served_sandbox(folder: Path, clock_file: Path | None = None) -> Iterator[Sandbox]:
    """A sandbox that remembers in `folder`; its clock is its own unless it is given a file to share."""
    with serving(create_app(folder, clock_file)) as url, httpx.Client(base_url=url, timeout=30) as http:
        yield Sandbox(url, http)
