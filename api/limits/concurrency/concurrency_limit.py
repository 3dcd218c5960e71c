"""Concurrency limits of requests: in all, and per client (the bulkhead pattern).

A client is a workspace (its keys share one limit), or an address for requests without a key. Waiting requests hold no
thread.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

from anyio import Semaphore, WouldBlock, fail_after
from anyio.lowlevel import RunVar
from fastapi import Request

from api.limits.client_network import network_of
from content_pipeline.core.errors import Error, TooManyRequests, Unavailable
from content_pipeline.core.infrastructure.jitter import jitter

# Timeout of a request that waits for a slot; jitter adds up to as much again.
PATIENCE_SECONDS: Final = 5.0
# Retry-After of a refusal; jitter adds up to as much again.
RETRY_SECONDS: Final = 5
# This many requests of one client may wait, because each holds its body in memory.
MAX_WAITING: Final = 32


@dataclass
class _Client:
    """Free slots of a client, and how many of its requests have or want one."""

    free: Semaphore
    requests: int = 0


@dataclass
class _Free:
    """Free slots in an event loop."""

    in_all: Semaphore
    clients: dict[str, _Client] = field(default_factory=dict)


class ConcurrencyLimit:
    """`most` slots in all, `per_client` for each client, for requests that do what `purpose` says."""

    def __init__(self, purpose: str, *, most: int, per_client: int, max_waiting: int = MAX_WAITING) -> None:
        self.purpose = purpose
        self.most = most
        self.per_client = per_client
        self.max_waiting = max_waiting
        self._free: RunVar[_Free] = RunVar(f"slots to {purpose}")

    @asynccontextmanager
    async def slot(self, client: str) -> AsyncIterator[Callable[[], None]]:
        """Hold a slot until the block ends, or what it gets is called. When none becomes free in time, raises
        TooManyRequests `too_many_at_once` if this client has as many as it may, Unavailable `busy` if others have them.
        """
        free = self._of_this_loop()
        with ExitStack() as held:
            own = held.enter_context(_counted(free.clients, client, self.per_client))
            if own.requests > self.per_client + self.max_waiting:
                raise self._refusal()
            await _acquire(own.free, self._refusal)
            held.callback(own.free.release)
            await _acquire(free.in_all, self._busy)
            held.callback(free.in_all.release)
            # A turn of the event loop with the slot, so that requests of others come between, also if what it is for
            # does not wait: without, 30 bodies of a key were parsed in a row (tests/api/test_json_routes.py).
            await asyncio.sleep(0)
            yield held.close

    def _of_this_loop(self) -> _Free:
        try:
            return self._free.get()
        except LookupError:
            free = _Free(Semaphore(self.most))
            self._free.set(free)
            return free

    def _refusal(self) -> Error:
        return TooManyRequests(
            f"Too many of your requests {self.purpose} at a time; the limit is {self.per_client}.",
            code="too_many_at_once",
            remedy="Wait until one of them is answered, then send this one again.",
            retry_after=RETRY_SECONDS + round(jitter(RETRY_SECONDS)),
        )

    def _busy(self) -> Error:
        return Unavailable(
            f"Too many requests {self.purpose} at present.",
            code="busy",
            remedy="Send it again in a moment.",
            retry_after=RETRY_SECONDS + round(jitter(RETRY_SECONDS)),
        )


@contextmanager
def _counted(clients: dict[str, _Client], name: str, slots: int) -> Iterator[_Client]:
    if (client := clients.get(name)) is None:
        client = clients[name] = _Client(Semaphore(slots))
    client.requests += 1
    try:
        yield client
    finally:
        client.requests -= 1
        if not client.requests:
            del clients[name]


async def _acquire(free: Semaphore, refusal: Callable[[], Error]) -> None:
    try:
        free.acquire_nowait()
    except WouldBlock:
        await _acquire_in_time(free, refusal)


async def _acquire_in_time(free: Semaphore, refusal: Callable[[], Error]) -> None:
    try:
        with fail_after(PATIENCE_SECONDS + jitter(PATIENCE_SECONDS)):
            await free.acquire()
    except TimeoutError:
        raise refusal() from None


def client_of(request: Request) -> str:
    """The workspace of a request, or its address."""
    if caller := getattr(request.state, "caller", None):
        return f"workspace:{caller.workspace_id}"
    return f"address:{network_of(request.client.host) if request.client else 'unknown'}"
