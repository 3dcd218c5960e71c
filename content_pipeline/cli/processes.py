"""Find and terminate a stack's processes by a marker in their environment, also without their supervisor."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from content_pipeline.cli import postgres

MARK: Final = "CONTENT_PIPELINE_STACK"
FORK_SERVER: Final = "content_pipeline.cli.fork_server"
# Environment variable of a service: how far it is below the priority of the others.
NICENESS: Final = "SERVICE_NICENESS"
_STORES: Final = ("postgres", "valkey-server", "weed")


def find(home: Path) -> list[psutil.Process]:
    """Every running process of the home's stack except this one."""
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and _has_mark(process, home)]


def terminate(home: Path, *, grace_seconds: float) -> int:
    """Terminate all processes of the home's stack, the stores last; each group is killed after `grace_seconds`.

    Returns the number of processes.
    """
    ended = 0
    for matches in (_is_supervisor, lambda process: not _is_store(process), _is_store):
        group = _living(home, matches)
        ended += len(group)
        for process in group:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(postgres.STOP_SIGNAL if process.name() == "postgres" else signal.SIGTERM)
        psutil.wait_procs(group, timeout=grace_seconds)
        # Searched again for processes that the group started in the meantime.
        for process in _living(home, matches):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(group, timeout=5)
    postgres.remove_pid_file(home)
    return ended


def supervisor(home: Path) -> psutil.Process | None:
    """The running supervisor of the home's stack, or None."""
    return next(iter(_living(home, _is_supervisor)), None)


def _living(home: Path, matches: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    group = []
    for process in find(home):
        with suppress(psutil.NoSuchProcess):
            if matches(process):
                group.append(process)
    return group


def _is_supervisor(process: psutil.Process) -> bool:
    return FORK_SERVER in process.cmdline()


def _is_store(process: psutil.Process) -> bool:
    return process.name() in _STORES


def _has_mark(process: psutil.Process, home: Path) -> bool:
    try:
        return process.environ().get(MARK) == str(home) and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False
