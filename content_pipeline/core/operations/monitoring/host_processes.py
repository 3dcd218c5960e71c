"""Processes of this host by service: those of the stack whose supervisor started this one, else this process's own."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import psutil
from prometheus_client.core import Metric

from content_pipeline.core.operations.monitoring.families import gauge
from content_pipeline.core.settings import settings

Services = Mapping[str, Sequence[psutil.Process]]

# The title of a service that was forked (cli/fork_server.py); others have their name from supervisord.
_TITLE: Final = "content-pipeline: "
_NAME: Final = "SUPERVISOR_PROCESS_NAME"
# Without a supervisor, as in a container, this process counts as the API.
_OWN: Final = "api"
_KINDS: Final = ("socket", "other")
# The kernel walks all pages of a process to tell its share of them: 150 ms for 57 processes, 270 ms for 130, and up to
# 18 ms each, in which that process cannot map memory. All the rest of a scrape takes about as long.
_MEMORY_KEPT_SECONDS: Final = 30.0
# A process may end while it is read, or belong to another user.
_UNREADABLE: Final = (psutil.Error, OSError)


class _Reading(NamedTuple):
    taken_at: float
    by_service: Mapping[str, float]


_last_memory = _Reading(float("-inf"), {})


def families() -> Iterator[Metric]:
    """Number, memory, threads and open files of the processes of each service."""
    services = _services()
    threads, files = _threads_and_files(services)
    labels = ["service"]
    yield gauge("processes", "Processes of a service.", (((name,), len(of)) for name, of in services.items()), labels)
    yield gauge(
        "process_memory_bytes",
        "Their memory (PSS: a page that processes share counts once), at most half a minute old.",
        (((name,), memory) for name, memory in _memory(services).items()),
        labels,
    )
    yield gauge("process_threads", "Their threads.", (((name,), number) for name, number in threads.items()), labels)
    yield gauge("process_open_files", "Their open file descriptors.", files.items(), ["service", "kind"])


def _services() -> Services:
    supervisor = _supervisor()
    if supervisor is None:
        own = psutil.Process()
        return {_OWN: [own, *own.children(recursive=True)]}
    found = supervisor.children(recursive=True)
    parents = {process.pid: parent for process in found if (parent := _parent(process))}
    started = [process for process in found if parents.get(process.pid) == supervisor.pid]
    first = {process.pid: name for process in started if (name := _service(process))}
    services: defaultdict[str, list[psutil.Process]] = defaultdict(list)
    for process in found:
        pid = process.pid
        while pid in parents and pid not in first:
            pid = parents[pid]
        if pid in first:
            services[first[pid]].append(process)
    return services


def _supervisor() -> psutil.Process | None:
    """That of the stack, if it started this process, directly or by way of others."""
    with suppress(OSError, ValueError):  # not there, or being written
        pid = int((settings().home / "supervisord.pid").read_text())
        return next((parent for parent in psutil.Process().parents() if parent.pid == pid), None)
    return None


def _parent(process: psutil.Process) -> int | None:
    with suppress(psutil.Error):
        return process.ppid()
    return None


def _service(process: psutil.Process) -> str | None:
    """None for what is no service, or has ended: a zombie has no environment any more."""
    with suppress(*_UNREADABLE):
        title = " ".join(process.cmdline()).strip()
        return title.removeprefix(_TITLE) if title.startswith(_TITLE) else process.environ().get(_NAME)
    return None


def _memory(services: Services) -> Mapping[str, float]:
    """By service, measured anew when it is older than half a minute. Scrapes come one at a time."""
    global _last_memory
    if time.monotonic() - _last_memory.taken_at > _MEMORY_KEPT_SECONDS:
        sums = dict.fromkeys(services, 0.0)
        for name, processes in services.items():
            for process in processes:
                with suppress(*_UNREADABLE):
                    info = process.memory_full_info()
                    sums[name] += getattr(info, "pss", info.rss)  # only Linux has it
        _last_memory = _Reading(time.monotonic(), sums)
    return _last_memory.by_service


def _threads_and_files(services: Services) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    threads = dict.fromkeys(services, 0)
    files = {(name, kind): 0 for name in services for kind in _KINDS}
    for name, processes in services.items():
        for process in processes:
            with suppress(*_UNREADABLE):
                threads[name] += process.num_threads()
                for kind in _open_files(process.pid):
                    files[name, kind] += 1
    return threads, files


def _open_files(pid: int) -> Iterator[str]:
    """The kind of each open file of a process. Only Linux has them in folders."""
    for number in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            yield "socket" if str(number.readlink()).startswith("socket:") else "other"
