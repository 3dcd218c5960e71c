"""1,000 open event streams: time from a task's update to its event, and what the notifications cost."""

import asyncio
import random
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final
from uuid import uuid4

import uvloop
from sqlalchemy import text

from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median, quantile
from bench.load_generator import closed_loop, get
from tests.stack.harness import Stack

STREAMS: Final = 1000
# A workspace may have 200 open streams, and an address 400 connections.
WORKSPACES: Final = 8
ADDRESSES: Final = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")
KEYS_A_WORKSPACE: Final = 2
WRITERS: Final = 4
# Changes a second while single events are timed.
RATE: Final = 50
# After this long PostgreSQL's statistics have all that idle sessions did.
STATISTICS_SECONDS: Final = 12

_CHANGE: Final = text("update tasks set progress = progress + 1 where id = any(:ids)")


@dataclass
class Streams:
    """Open streams, and when the newest event of each task arrived (monotonic seconds)."""

    port: int
    requests: dict[str, bytes]
    arrived: dict[str, float] = field(default_factory=dict)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open all streams, and wait for the first event of each."""
        reading = [
            asyncio.create_task(self._read(task, request, address))
            for (task, request), address in zip(self.requests.items(), cycle(ADDRESSES), strict=False)
        ]
        try:
            await self.wait(dict.fromkeys(self.requests, 0.0))
            yield
        finally:
            for work in reading:
                work.cancel()
            await asyncio.gather(*reading, return_exceptions=True)

    async def _read(self, task: str, request: bytes, address: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        try:
            writer.write(request)
            async for line in reader:
                if line.startswith(b"data: "):
                    self.arrived[task] = time.monotonic()
        finally:
            writer.close()

    async def wait(self, changed: dict[str, float]) -> list[float]:
        """Wait for the events of tasks that changed at these times. Returns the seconds until each arrived."""
        async with asyncio.timeout(60):
            while any(self.arrived.get(task, -1.0) < at for task, at in changed.items()):
                await asyncio.sleep(0.05)
        return [self.arrived[task] - at for task, at in changed.items()]


@dataclass
class Measured:
    """Seconds from update to event: tasks that change one by one, and all at once. Threads and transactions at rest."""

    single: list[float]
    together: list[float]
    threads: int
    transactions: float


def measure(environment: Environment) -> Iterator[Figure]:
    keys: dict[str, str] = {}
    for workspace in (f"bench-{uuid4()}" for _ in range(WORKSPACES)):
        own = environment.keys(KEYS_A_WORKSPACE, workspace)
        tasks = environment.waiting_tasks(STREAMS // WORKSPACES, workspace)
        keys |= dict(zip(tasks, cycle(own), strict=False))
    stack = environment.stack
    environment.idle()
    # Fills the API's thread pool, which opening the streams uses too.
    reads = [get(f"/api/v1/tasks/{task}", key) for task, key in keys.items()]
    closed_loop(stack.api_port, reads, connections=64, seconds=2)
    threads, transactions = _threads(stack), _transactions_per_second(stack)
    requests = {task: get(f"/api/v1/tasks/{task}/events", key) for task, key in keys.items()}
    found = uvloop.run(_measure(environment, Streams(stack.api_port, requests)))
    for what, latencies, target in (
        (f"{RATE} changes a second", found.single, Target(0.5)),
        ("all change at once", found.together, None),
    ):
        named = f"{STREAMS:,} streams, {what}: event after, 95 %"
        yield Figure(named, quantile(latencies, 0.95), "s", target=target, samples=len(latencies))
    closed = "without streams"
    yield Figure(f"threads of the API, {STREAMS:,} idle streams", found.threads, "", Reference(closed, threads))
    reference = Reference(closed, transactions)
    yield Figure(f"transactions of the stack, {STREAMS:,} idle streams", found.transactions, "a second", reference)
    yield _cost_of_notifications(environment, list(keys))
    stack.sql("delete from tasks where id = any(:ids)", ids=list(keys))


async def _measure(environment: Environment, streams: Streams) -> Measured:
    stack = environment.stack
    with stack.engine.connect() as connection:

        def change(*tasks: str) -> dict[str, float]:
            at = time.monotonic()
            connection.execute(_CHANGE, {"ids": list(tasks)})
            return dict.fromkeys(tasks, at)

        async with streams.opened():
            threads = _threads(stack)
            transactions = await asyncio.to_thread(_transactions_per_second, stack)
            changed: dict[str, float] = {}
            for task in random.sample(list(streams.requests), environment.times(STREAMS)):
                changed |= await asyncio.to_thread(change, task)
                await asyncio.sleep(1 / RATE)
            single = await streams.wait(changed)
            together = [
                seconds
                for _ in range(environment.times(5))
                for seconds in await streams.wait(await asyncio.to_thread(change, *streams.requests))
            ]
    return Measured(single, together, threads, transactions)


def _threads(stack: Stack) -> int:
    return sum(process.num_threads() for process in stack.processes("api"))


def _transactions_per_second(stack: Stack, seconds: float = 10) -> float:
    time.sleep(STATISTICS_SECONDS)

    def committed() -> int:
        ((count,),) = stack.sql("select xact_commit from pg_stat_database where datname = current_database()")
        return int(count)

    before = committed()
    time.sleep(seconds)
    return (committed() - before) / seconds


def _cost_of_notifications(environment: Environment, tasks: list[str]) -> Figure:
    """Progress at full speed, written as runs do, with the trigger and without, in turns."""
    speeds: dict[str, list[float]] = {"enable": [], "disable": []}
    for _ in range(environment.times(5)):
        for able, found in speeds.items():
            environment.stack.sql(f"alter table tasks {able} trigger notify_updated")
            found.append(_updates_per_second(environment.stack, tasks, seconds=2))
    environment.stack.sql("alter table tasks enable trigger notify_updated")
    reference = Reference("without notifications", median(speeds["disable"]))
    what = f"progress updates, {WRITERS} writers"
    return Figure(what, median(speeds["enable"]), "a second", reference, samples=len(speeds["enable"]))


def _updates_per_second(stack: Stack, tasks: list[str], seconds: float) -> float:
    done = [0] * WRITERS
    end = time.monotonic() + seconds

    def write(number: int) -> None:
        with stack.engine.connect() as connection:
            connection.execute(text("set synchronous_commit = off"))
            for task in cycle(tasks[number::WRITERS]):
                if time.monotonic() > end:
                    return
                connection.execute(_CHANGE, {"ids": [task]})
                done[number] += 1

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return sum(done) / seconds
