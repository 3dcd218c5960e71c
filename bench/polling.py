"""`GET /tasks/{id}` with 500 pollers and at full speed, compared with a bare route that does one SELECT."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from uuid import uuid4

import httpx

from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median, quantile
from bench.load_generator import Load, closed_loop, get, open_loop
from tests.polling import until
from tests.stack.harness import Stack, free_port

POLLERS = 500
KEYS = 16
CONNECTIONS = 16

# Port and requests.
Endpoint = tuple[int, list[bytes]]


def measure(environment: Environment) -> Iterator[Figure]:
    name = f"bench-{uuid4()}"
    keys = environment.keys(KEYS, workspace=name)
    tasks = environment.waiting_tasks(POLLERS, workspace=name)
    environment.idle()
    with _baseline(environment.stack) as baseline_port:
        baseline = baseline_port, [get(f"/tasks/{task}") for task in tasks]
        ours = {_label(used): (environment.stack.api_port, _requests(tasks, used)) for used in (keys, keys[:1])}
        yield from _polled(environment, baseline, ours)
        yield from _as_fast_as_it_goes(environment, baseline, ours)
    environment.stack.sql("delete from tasks where id = any(:ids)", ids=tasks)


def _requests(tasks: list[str], keys: list[str]) -> list[bytes]:
    return [get(f"/api/v1/tasks/{task}", key) for task, key in zip(tasks, cycle(keys), strict=False)]


def _polled(environment: Environment, baseline: Endpoint, ours: dict[str, Endpoint]) -> Iterator[Figure]:
    def latencies(endpoint: Endpoint) -> list[float]:
        port, requests = endpoint
        load = open_loop(port, requests, every=2, seconds=8 if environment.quick else 20)
        return [seconds * 1000 for seconds in load.latencies]

    reference = Reference("a bare route", quantile(latencies(baseline), 0.99))
    for name, endpoint in ours.items():
        found = latencies(endpoint)
        what = f"{POLLERS} pollers every 2 s, {name}: 99 %"
        yield Figure(what, quantile(found, 0.99), "ms", reference, Target(50), len(found))


def _as_fast_as_it_goes(environment: Environment, baseline: Endpoint, ours: dict[str, Endpoint]) -> Iterator[Figure]:
    """Interleaved, so that other load on the machine affects all of them."""
    rounds: dict[str, list[Load]] = {"bare": [], **{name: [] for name in ours}}
    for _ in range(environment.times(5)):
        for name, (port, requests) in {"bare": baseline, **ours}.items():
            rounds[name].append(closed_loop(port, requests, connections=CONNECTIONS, seconds=3))
    speed = {name: median([load.per_second for load in loads]) for name, loads in rounds.items()}
    reference = Reference("a bare route", speed.pop("bare"))
    target = Target(0.6, of="ratio", side="at least")
    for name, per_second in speed.items():
        what = f"task reads, {CONNECTIONS} at once, {name}"
        yield Figure(what, per_second, "a second", reference, target, len(rounds[name]))
    every = [load for loads in rounds.values() for load in loads]
    share = sum(load.own_cpu for load in every) / sum(load.seconds for load in every)
    yield Figure("the load generator's own share of a core", share * 100, "%", samples=len(every))


def _label(keys: list[str]) -> str:
    return "one key" if len(keys) == 1 else f"{len(keys)} keys"


@contextmanager
def _baseline(stack: Stack) -> Iterator[int]:
    """Serve the baseline app like the API (cli/services.py) on the same database. Yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.baseline_app:app", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen([*command, "--no-access-log", "--log-level", "warning"], env=stack.env)
    try:
        until(lambda: _answers(port), seconds=30, what="the bare route")
        yield port
    finally:
        server.terminate()
        server.wait(10)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/openapi.json").status_code == 200
    except httpx.ConnectError:
        return False
