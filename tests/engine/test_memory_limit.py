"""The limit of memory of a worker's process: its work ends with an error, and machines without limits work too."""

import resource
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from content_pipeline.engine.memory_limit import limit_memory

ALLOCATING = """
import resource
from content_pipeline.engine.memory_limit import limit_memory
hard = {hard}
if hard:
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
limit_memory(500)
try:
    bytearray({size} << 20)
except MemoryError:
    print("MemoryError")
"""


def _allocating(size: int, *, hard: int = 0) -> str:
    """What a process says that allocates `size` MB under a limit of 500; `hard` is a limit of the system, in bytes."""
    program = ALLOCATING.format(size=size, hard=hard)
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_what_goes_beyond_the_limit_is_an_error_of_the_work() -> None:
    assert _allocating(600) == "MemoryError"
    assert _allocating(10) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_a_lower_limit_of_the_system_stays() -> None:
    assert _allocating(450, hard=400 << 20) == "MemoryError"


@pytest.mark.parametrize("error", [ValueError("current limit exceeds maximum limit"), OSError("not permitted")])
def test_where_the_system_refuses_a_limit_the_worker_works_without_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(resource, "setrlimit", refuse)
    with capture_logs() as logged:
        limit_memory(500)
    assert [(entry["event"], entry["reason"]) for entry in logged] == [("memory_unlimited", str(error))]
