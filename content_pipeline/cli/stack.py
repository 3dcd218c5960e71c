"""Life cycle of a stack: start services in order, wait until they are ready, watch, stop, clean up orphans."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Final

import psutil

from content_pipeline.cli import preflight, processes, supervision
from content_pipeline.cli.display import DONE, READY, Progress, Row
from content_pipeline.cli.services import Group, Service, services_of
from content_pipeline.cli.stack_config import StackConfig, choose_ports
from content_pipeline.cli.state import State, UserSettings, lock
from content_pipeline.cli.supervision import GONE, Process, Supervisor
from content_pipeline.core.errors import Conflict, Error, InternalError, Unavailable

# Groups that start together, because they do not depend on each other.
_PHASES: Final[tuple[tuple[Group, ...], ...]] = (
    ("stores",),
    ("base",),
    ("code",),
    ("dagster", "workers", "api"),
)
STORES: Final[tuple[tuple[Group, ...], ...]] = (("stores",),)
# The slowest measured on two busy cores was supervisord with its imports, 30 s; crash recovery of the database takes
# longer.
_READY_SECONDS: Final = 180
_MAX_STARTS: Final = 3
_SUPERVISOR_SECONDS: Final = 10
_KILL_GRACE_SECONDS: Final = 1
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Stack:
    """The stack of one home, with its running supervisor. `is_new`: this process started it."""

    config: StackConfig
    supervisor: Supervisor
    process: psutil.Process
    is_new: bool

    @classmethod
    def launch(cls, home: Path) -> "Stack":
        """Start a supervisor for the home, after terminating orphans of an earlier one.

        Raises Conflict when a stack runs there, and the errors of `preflight`.
        """
        preflight.make_home(home)
        with lock(home) as file:
            _only_stores_mark(home).unlink(missing_ok=True)
            processes.terminate(home, grace_seconds=_SUPERVISOR_SECONDS)
            configured = UserSettings()
            preflight.check(home, configured)
            state = State.load_or_make(home)
            config = StackConfig(home, configured, state)
            state.ports = choose_ports(configured, state.ports)
            state.save(home)
            config.write_files()
            return cls(config, Supervisor(state), supervision.launch(config, file), is_new=True)

    @classmethod
    def attach(cls, home: Path) -> "Stack | None":
        """The stack that runs in the home, or None without a supervisor."""
        state, process = State.load(home), processes.supervisor(home)
        if state is None or process is None:
            return None
        return cls(StackConfig(home, UserSettings(), state), Supervisor(state), process, is_new=False)

    def start(self, progress: Progress, phases: Sequence[tuple[Group, ...]] = _PHASES) -> None:
        """Start every service of these phases that does not run yet, in order; returns when all are ready.

        Raises Unavailable, with the end of the log, for a service that does not become ready, and stops the stack again
        if this process started it.
        """
        try:
            self._start(progress, phases)
        except Error:
            if self.is_new:
                self.stop()
            raise
        except GONE as error:
            raise _failed(self.config.home, "supervisord", "ended while the services were started") from error

    def _start(self, progress: Progress, phases: Sequence[tuple[Group, ...]]) -> None:
        self._wait_for_supervisor()
        for groups in phases:
            members = [service for service in services_of(self.config) if service.group in groups]
            known = self.supervisor.processes()
            for service in members:
                if not (service.oneshot and known[service.name].has_succeeded):
                    self.supervisor.start(service)
            self._wait_until_ready(members, progress)

    def _wait_for_supervisor(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS  # it imports all of our code first
        while time.monotonic() < deadline and _is_alive(self.process):
            with suppress(*GONE):
                self.supervisor.processes()
                return
            time.sleep(_POLL_SECONDS)
        raise _failed(self.config.home, "supervisord", "does not answer")

    def _wait_until_ready(self, services: list[Service], progress: Progress) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        starts: dict[str, set[float]] = {service.name: set() for service in services}
        waiting = services
        with ThreadPoolExecutor() as pool:
            while waiting:
                progress.waiting_for([service.name for service in waiting])
                known = self.supervisor.processes()
                for service in waiting:
                    starts[service.name].add(known[service.name].started)
                    if known[service.name].has_failed and (service.oneshot or len(starts[service.name]) >= _MAX_STARTS):
                        raise _failed(self.config.home, service.name, "ends as soon as it is started")
                ready = list(pool.map(lambda service, known=known: is_ready(service, known[service.name]), waiting))
                for service in compress(waiting, ready):
                    progress.ready(service.name)
                waiting = [service for service, is_there in zip(waiting, ready, strict=True) if not is_there]
                if waiting and time.monotonic() > deadline:
                    raise _failed(self.config.home, waiting[0].name, f"was not ready after {_READY_SECONDS} s")
                time.sleep(_POLL_SECONDS)

    def watch(self) -> None:
        """Wait until the stack is stopped. Raises InternalError when its supervisor died."""
        self.process.wait()
        if left := processes.terminate(self.config.home, grace_seconds=_SUPERVISOR_SECONDS):
            raise InternalError(
                f"The supervisor ended unexpectedly; its {left} remaining processes have been stopped.",
                code="supervisor_gone",
                remedy="Start again with `content-pipeline up`; no data is lost.",
            )

    def stop(self) -> None:
        """Stop all services in order, the API first and the database last, and wait for them."""
        with suppress(*GONE):
            self.supervisor.shut_down()
        # Processes that are still running are terminated below.
        with suppress(psutil.Error):
            self.process.wait(timeout=sum(service.stop_seconds for service in services_of(self.config)))
        processes.terminate(self.config.home, grace_seconds=_SUPERVISOR_SECONDS)


def launch_or_attach(home: Path) -> Stack:
    """The home's stack, started if it does not run. Raises what `Stack.launch` raises."""
    try:
        return Stack.launch(home)
    except Conflict as error:
        if error.code != "already_running":
            raise
        # Another process may be starting it: it takes the lock before the supervisor runs.
        deadline = time.monotonic() + _SUPERVISOR_SECONDS
        while time.monotonic() < deadline:
            if _only_stores_mark(home).exists():
                raise Conflict(
                    f"A backup or a restore is using the stores in {home}.",
                    code="stores_in_use",
                    remedy="Wait for its end; if it was killed, run `content-pipeline down` first.",
                ) from error
            if stack := Stack.attach(home):
                return stack
            time.sleep(_POLL_SECONDS)
        raise


@contextmanager
def only_stores(home: Path, progress: Progress) -> Iterator[StackConfig]:
    """Run the embedded stores of the home's stack, and nothing else, during the block.

    Raises Conflict when its stack runs, and what `Stack.start` raises.
    """
    stack = Stack.launch(home)
    mark = _only_stores_mark(home)
    mark.touch()
    try:
        stack.start(progress, STORES)
        yield stack.config
    finally:
        stack.stop()
        mark.unlink(missing_ok=True)


def _only_stores_mark(home: Path) -> Path:
    """A file that is there while only the stores run: the rest, started meanwhile, would be stopped with them."""
    return home / "only-stores"


def stop(home: Path) -> bool:
    """Stop the home's processes, with or without a supervisor. Returns whether there were any."""
    if stack := Stack.attach(home):
        stack.stop()
        return True
    return processes.terminate(home, grace_seconds=_SUPERVISOR_SECONDS) > 0


def stop_at_once(home: Path) -> bool:
    """Like `stop`, but kills each group of processes after a second."""
    return processes.terminate(home, grace_seconds=_KILL_GRACE_SECONDS) > 0


def status(home: Path) -> list[Row]:
    """A row for every service of the home's stack; none when no supervisor responds."""
    stack = Stack.attach(home)
    if stack is None:
        return []
    try:
        known = stack.supervisor.processes()
    except GONE:
        return []
    services = services_of(stack.config)
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda service: _row(service, known[service.name]), services))


def _row(service: Service, process: Process) -> Row:
    state = process.state.lower()
    if is_ready(service, process):
        state = DONE if service.oneshot else READY
    elif process.state == "RUNNING":
        state = "not ready"
    return Row(service.name, state, process.pid, service.port, process.uptime, service.url)


def is_ready(service: Service, process: Process) -> bool:
    if service.oneshot:
        return process.has_succeeded
    return process.state in ("STARTING", "RUNNING") and service.ready(process.started)


def _is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _failed(home: Path, name: str, what: str) -> Unavailable:
    log = supervision.log_file(home, name)
    lines = log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []
    excerpt = "".join(f"\n    {line}" for line in lines)
    return Unavailable(
        f"{name} {what}. The end of its log:{excerpt}",
        code="part_failed",
        remedy=f"Fix the error in the log ({log}), then start again with `content-pipeline up`.",
    )
