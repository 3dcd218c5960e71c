"""The sandbox, served over HTTP by a thread of this process."""

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
    """A sandbox with its state in `folder`; its clock is its own unless it gets a shared clock file."""
    with serving(create_app(folder, clock_file), lifespan="on") as url, httpx.Client(base_url=url, timeout=30) as http:
        yield Sandbox(url, http)
