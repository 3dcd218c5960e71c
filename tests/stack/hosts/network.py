"""Hosts of a test: network namespaces on a bridge, each with an address, a work folder and processes of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final
from uuid import uuid4

import psutil

from content_pipeline.cli import privileges
from content_pipeline.cli.stack_config import ROOT
from tests.stack.harness import kill_all

# The address of the first host, which runs everything but the broker and the workers of the others.
FIRST: Final = "10.77.0.1"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def can_make_networks() -> bool:
    """Whether this user may make network namespaces."""
    made = subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True)
    return os.geteuid() == 0 and made.returncode == 0


@dataclass
class Host:
    """One host. `link` is its cable: the end at the bridge."""

    name: str
    address: str
    namespace: str
    link: str
    folder: Path
    _processes: list[psutil.Popen] = field(default_factory=list)
    _start: Callable[[], None] = field(default=lambda: None)

    @property
    def enter(self) -> tuple[str, ...]:
        """The command that runs another one in the host's network namespace."""
        return ("ip", "netns", "exec", self.namespace)

    def start_worker(self, lane: str, slots: int, settings: Mapping[str, str]) -> None:
        """Run a worker of a lane here, as the README says for additional hosts."""
        self._start = partial(self._start_worker, lane, slots, settings)
        self._prepare_folder()
        self._start()

    def start_ended_worker(self) -> None:
        """Start the worker again if it has ended, as a supervisor does."""
        if self._processes[-1].poll() is not None:  # is_running is true of a zombie
            self._start()

    def _start_worker(self, lane: str, slots: int, settings: Mapping[str, str]) -> None:
        node = ["-n", f"{lane}@{self.name}", "-Q", lane, "-c", str(slots), "--loglevel", "info"]
        worker = [sys.executable, "-m", "celery", "-A", "content_pipeline.engine.worker", "worker", *node]
        command = [*self.enter, *privileges.command_prefix(self.folder), *worker]
        environment = {
            **settings,
            "CONTENT_PIPELINE_HOME": str(self.folder),
            "CONTENT_PIPELINE_LANE": lane,
            "DAGSTER_HOME": str(self.folder / "dagster"),
        }
        with self._log.open("a") as log:
            self._processes.append(psutil.Popen(command, env=environment, cwd=self.folder, stdout=log, stderr=log))

    def is_ready(self) -> bool:
        """Whether each worker that was started has connected to its broker."""
        return self._log.read_text().count(" ready.") == len(self._processes)

    @property
    def _log(self) -> Path:
        return self.folder / "worker.log"

    def _prepare_folder(self) -> None:
        (self.folder / "dagster").mkdir(parents=True, exist_ok=True)
        (self.folder / "dagster" / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
        privileges.hand_over(self.folder)

    def kill(self) -> None:
        """Lose the host: kill -9 all its processes."""
        for process in filter(psutil.Popen.is_running, self._processes):
            kill_all([*process.children(recursive=True), process])
            process.wait(30)
        self._processes.clear()

    def cut_off(self) -> None:
        """Pull its cable. Its processes go on, and reach nobody."""
        _ip("link", "set", self.link, "down")

    def reconnect(self) -> None:
        _ip("link", "set", self.link, "up")


@contextmanager
def network(folder: Path, hosts: int) -> Iterator[list[Host]]:
    """Hosts on a bridge, which has the first host's address. Nothing of them is left afterwards."""
    token = uuid4().hex[:4]
    bridge = f"cp{token}"
    net = FIRST.rpartition(".")[0]
    made = [
        Host(
            f"host{number}", f"{net}.{number + 1}", f"{bridge}-{number}", f"{bridge}-{number}", folder / f"host{number}"
        )
        for number in range(1, hosts + 1)
    ]
    _ip("link", "add", bridge, "type", "bridge")
    try:
        _ip("address", "add", f"{FIRST}/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for host in made:
            _add(host, bridge)
        yield made
    finally:
        for host in made:
            host.kill()
            subprocess.run(["ip", "netns", "delete", host.namespace], check=False, capture_output=True)
        _ip("link", "delete", bridge)


def _add(host: Host, bridge: str) -> None:
    _ip("netns", "add", host.namespace)
    _ip("link", "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
    _ip("link", "set", host.link, "master", bridge, "up")
    for command in (
        ("address", "add", f"{host.address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("link", "set", "lo", "up"),
    ):
        _ip("-n", host.namespace, *command)
