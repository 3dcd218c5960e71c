"""What a program finds in a process that was forked for it, and how it ends. Whole stacks are in test_stack.py."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

pytestmark = [
    pytest.mark.slow,  # an interpreter that imports supervisor
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks them: macOS executes them"),
]

FORKED = """
import os, signal, sys
from content_pipeline.cli.fork_server import become

signal.signal(signal.SIGTERM, lambda *_: None)
for status in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        become(["tests.cli.forked_program", status], {"SUPERVISOR_PROCESS_NAME": "media", "ONLY": "this"})
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture(scope="module")
def lines() -> Iterator[str]:
    """What three programs, which end with 3, without a status and with a text, wrote, and then their statuses."""
    command = [sys.executable, "-u", "-c", FORKED, "3", "null", '"why"']
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "why\n"
    return iter(done.stdout.splitlines())


def test_a_forked_program_finds_and_leaves_its_process_as_an_executed_one(lines: Iterator[str]) -> None:
    said, at_exit, status = next(lines), next(lines), next(lines)
    assert json.loads(said) == {
        "arguments": ["3"],
        "environment": {"SUPERVISOR_PROCESS_NAME": "media", "ONLY": "this"},
        "name": "media",
        "title": "content-pipeline: media",
        "is_terminated_by_sigterm": True,
    }
    assert (at_exit, status) == ("its exit functions ran", "3")
    assert [line for line in lines if line.isdigit()] == ["0", "1"]
