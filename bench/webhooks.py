"""Webhook delivery latency to 50 healthy endpoints while 50 others hang, against the same without those that hang."""

import random
import time
from collections.abc import Iterator, Sequence
from uuid import uuid4

from bench.environment import PLAN, Environment
from bench.figures import Figure, Reference, Target, median
from tests.polling import until
from tests.stack.client import Client
from tests.webhook_receiver import Receiver, serving

# This many receivers work, and as many hang.
RECEIVERS = 50
# The sensor that starts the delivery ticks every 5 s: an event may come at any moment between two ticks.
_TICK_SECONDS = 5.0


def measure(environment: Environment) -> Iterator[Figure]:
    rounds, name = environment.times(9), f"bench-{uuid4()}"
    works, hangs = ([f"/{kind}/{number}" for number in range(RECEIVERS)] for kind in ("works", "hangs"))
    with serving(environment.stack.remote_port) as receiver, environment.stack.client(name, PLAN) as client:
        for path in hangs + works:
            client.http.post("/webhooks", json={"url": f"{receiver.url}{path}"}).raise_for_status()
        beside: dict[bool, list[float]] = {False: [], True: []}
        for task in environment.waiting_tasks(2 * rounds, workspace=name):
            is_hanging = len(beside[True]) < len(beside[False])
            receiver.hangs = set(hangs) if is_hanging else set()
            environment.idle()
            beside[is_hanging].append(_seconds(client, receiver, task, works))
    quiet = Reference("none hangs", median(beside[False]))
    what = f"event at {RECEIVERS} webhooks while {RECEIVERS} others hang"
    yield Figure(f"{what}, median", median(beside[True]), "s", quiet, samples=rounds)
    yield Figure(f"{what}, worst", max(beside[True]), "s", quiet, Target(5), rounds)


def _seconds(client: Client, receiver: Receiver, task: str, works: Sequence[str]) -> float:
    """Seconds from a request that ends a task until the receivers that work have its event."""
    receiver.received.clear()
    receiver.let_go.clear()
    time.sleep(random.uniform(0, _TICK_SECONDS))
    began = time.monotonic()
    client.http.post(f"/tasks/{task}/cancel").raise_for_status()
    until(lambda: all(map(receiver.of, works)), seconds=60, what="the event", pause=0.02)
    seconds = time.monotonic() - began
    receiver.let_go.set()
    return seconds
