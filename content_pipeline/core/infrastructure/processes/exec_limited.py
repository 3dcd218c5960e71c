"""Wrapper script: execs a command under RLIMIT_AS and at a lower priority, killed with its parent (PR_SET_PDEATHSIG).

    python exec_limited.py PARENT BYTES COMMAND…

`confine` is for processes that are forked too (`fork_server`).

COMMAND is killed when process PARENT dies, and is what Linux kills first when the host runs out of memory, not the
worker or the API that waits for it.

PR_SET_PDEATHSIG fires when the *thread* that started the process ends, so that thread has to wait for it, as users of
`child_process.spawn` do. The alternative, `preexec_fn`, runs Python between fork and exec in a process with threads
(Whisper's, the heartbeat's), where a lock that one of them holds is never released, and it copies the page tables
of a process of half a gigabyte. This script costs 10 ms.
"""

# Imports cost time at each start: pathlib and contextlib 5 to 10 ms each.
# ruff: noqa: PTH123, SIM105
import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
# Without this, other answers of the API took 2.5 times as long while it examined files (bench noisy-neighbor).
NICENESS = 5


def limit_memory(largest: int) -> None:
    """Limit the address space to `largest` bytes. Where the system refuses a limit, the command runs without it."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = largest if hard == resource.RLIM_INFINITY else min(largest, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (OSError, ValueError):
        pass


def be_killed_first() -> None:
    """Have Linux kill this process first when the host runs out of memory."""
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    except OSError:
        pass


def confine(parent: int, memory: int) -> None:
    """All limits for this process, which has to be a child of `parent` and may map `memory` bytes."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the call above
        sys.exit("the parent is gone")
    os.nice(NICENESS)
    limit_memory(memory)
    be_killed_first()


if __name__ == "__main__":
    parent, memory, *command = sys.argv[1:]
    confine(int(parent), int(memory))
    os.execv(command[0], command)  # noqa: S606 - arguments of our own, and no shell is wanted
