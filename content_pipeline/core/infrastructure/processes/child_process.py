"""Child processes with a memory limit and a time limit, killed with their process group and with their parent."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO

from content_pipeline.core.errors import Error


def environment() -> dict[str, str]:
    """The environment of a child that runs a module of ours: none of this process's secrets."""
    # numpy would start a thread for each core, each with 8 MB of stack and more.
    return {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}


@contextmanager
def spawn(
    command: list[str],
    *,
    memory: int,
    variables: Mapping[str, str],
    folder: Path | None = None,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.STDOUT,
) -> Iterator[subprocess.Popen[bytes]]:
    """The process in its own process group, which is killed when the block exits for any reason.

    `memory` is its largest address space, in bytes; only Linux enforces it. `variables` are its whole environment.
    """
    if sys.platform == "linux":
        wrapper = Path(__file__).with_name("exec_limited.py")
        command = [sys.executable, "-I", "-S", str(wrapper), str(os.getpid()), str(memory), *command]
    process = subprocess.Popen(
        command, cwd=folder, env=variables, stdin=stdin, stdout=stdout, stderr=stderr, process_group=0
    )
    try:
        yield process
    finally:
        kill_group(process)
        process.wait()
        if process.stdout:
            process.stdout.close()


def run_to_end(command: list[str], *, memory: int, seconds: float, variables: Mapping[str, str], error: Error) -> None:
    """Run a command. Raises `error`, with the end of its output as a note, if it fails or exceeds `seconds`."""
    with spawn(command, memory=memory, variables=variables) as process, watchdog(partial(kill_group, process), seconds):
        assert process.stdout
        output = process.stdout.read().decode(errors="replace")
        if process.wait() != 0:
            error.add_note(f"The process said:\n{output[-2000:]}")  # for the log, not for the client
            raise error


@contextmanager
def watchdog(kill: Callable[[], None], seconds: float) -> Iterator[threading.Event]:
    """Call `kill` when the block takes longer than `seconds`; the event is set if that happened."""
    timed_out = threading.Event()

    def time_out() -> None:
        timed_out.set()
        kill()

    timer = threading.Timer(seconds, time_out)
    timer.daemon = True
    timer.start()
    try:
        yield timed_out
    finally:
        timer.cancel()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that `spawn` started, with its group. Nothing, where it has ended."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
