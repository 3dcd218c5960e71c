"""Fork server: a supervisord that forks Python programs from itself, so that they share what it has imported.

    python -m content_pipeline.cli.fork_server -n -c supervisord.conf

It imports their modules before it starts anything. A command `python -m module …` then runs in the process that
supervisord forks for it, in place of a new interpreter; every other command is executed there, as by supervisord.
"""

import atexit
import ctypes
import gc
import os
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from supervisor import supervisord
from supervisor.options import ServerOptions

from content_pipeline.cli.processes import NICENESS
from content_pipeline.core.settings import settings

# These are the modules that the programs import, at once or when their work needs them. None of them opens a connection
# when it is imported. The only threads are those of OpenBLAS (numpy), which stops them at a fork, and starts them again
# at its next use.
_PRELOADED: Final = (
    *("content_pipeline.engine.launcher", "content_pipeline.engine.dagster_storage"),
    *("celery.bin.celery", "celery.worker.worker", "celery.concurrency.prefork"),
    *("dagster._cli", "dagster._daemon", "dagster._grpc.server", "dagster_webserver.app"),
    *("uvicorn.main", "uvloop", "api.main"),
    *("psycopg", "psycopg2.extras", "psutil", "faster_whisper"),
)
# The fields of /proc/<pid>/stat behind the name that say where the command line is in memory.
_COMMAND_LINE: Final = slice(45, 47)


class _ForkingOptions(ServerOptions):  # type: ignore[misc] # supervisor has no types
    """supervisord's options, which are also what it calls the system by."""

    def openhttpservers(self, supervisor: supervisord.Supervisor) -> None:
        """Called once its socket can be bound: commands that arrive during the imports wait for their end."""
        super().openhttpservers(supervisor)
        from content_pipeline.engine.preloading import preload  # imports for a second, before which there is a socket

        if sys.platform == "linux":  # elsewhere nothing is forked
            preload(_PRELOADED)

    def execve(self, filename: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Called in the forked process, whose descriptors but 0 to 2 are closed."""
        os.nice(int(env.get(NICENESS, 0)))
        if sys.platform == "linux" and list(argv[:2]) == [sys.executable, "-m"]:
            become(argv[2:], env)
        super().execve(filename, argv, env)


def main() -> None:
    supervisord.ServerOptions = _ForkingOptions
    supervisord.main()


def become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Run a module as `python -m` does, and end this process with it."""
    os.environ.clear()
    os.environ.update(environment)
    settings.cache_clear()
    _restore_signals()
    _set_title(environment["SUPERVISOR_PROCESS_NAME"])
    gc.freeze()  # supervisord's sockets and files are closed here, and their numbers taken by others
    status = 1
    try:
        sys.argv = list(command)
        runpy.run_module(command[0], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = _status(end.code)
    except BaseException:
        traceback.print_exc()
    finally:
        _exit(status)


def _status(code: Any) -> int:
    if code is None or isinstance(code, int):
        return code or 0
    print(code, file=sys.stderr)
    return 1


def _exit(status: int) -> NoReturn:
    """End as an interpreter does, as far as that does not concern supervisord."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
    finally:
        os._exit(status)


def _restore_signals() -> None:
    """As a new interpreter finds them, which supervisord handles."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _set_title(part: str) -> None:
    """Have `ps` and `top` show the part's name, in place of supervisord's command line."""
    Path("/proc/self/comm").write_text(part)
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = map(int, fields[_COMMAND_LINE])
    title = f"content-pipeline: {part}".encode()[: end - start - 1]
    ctypes.memmove(start, title.ljust(end - start, b"\0"), end - start)


if __name__ == "__main__":
    main()
