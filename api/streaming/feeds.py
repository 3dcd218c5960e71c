"""Fan-out: one coalesced read of changed rows for all the clients that wait for them.

Changed rows are collected for a moment and read in one call, in a thread. A client that waits for a row which does not
change costs neither a query nor a thread.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Final, Generic, Protocol, TypeVar

import structlog

from content_pipeline.core.infrastructure.database import UNREACHABLE

log = structlog.get_logger()

RETRY_SECONDS: Final = 1.0


class Snapshot(Protocol):
    """The state of a row at one moment; equal versions are equal states."""

    @property
    def version(self) -> str: ...


State = TypeVar("State", bound=Snapshot)


class Subscription(Generic[State]):
    """What one client waits for. Only the newest snapshot is kept, so a slow client skips those in between."""

    def __init__(self) -> None:
        self.is_closed = False
        self._newest: State | None = None
        self._woken = asyncio.Event()

    def put(self, snapshot: State) -> None:
        self._newest = snapshot
        self._woken.set()

    def close(self) -> None:
        self.is_closed = True
        self._woken.set()

    async def next(self, after: str, seconds: float) -> State | None:
        """The first snapshot of another version than `after`. None if there was none in time, or it was closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.is_closed:
                    await self._woken.wait()
                    self._woken.clear()
                    if self._newest and self._newest.version != after:
                        return self._newest
        return None


class Feed(Generic[State]):
    """Subscriptions by key. `read` returns the snapshots of keys; changes are collected for `pause` seconds."""

    def __init__(self, read: Callable[[Collection[str]], Mapping[str, State]], *, pause: float) -> None:
        self._read = read
        self._pause = pause
        self._subscriptions: dict[str, set[Subscription[State]]] = {}
        self._changed: set[str] = set()
        self._woken = asyncio.Event()
        self._is_closed = False

    @contextmanager
    def subscribe(self, key: str) -> Iterator[Subscription[State]]:
        """Subscribe to a row's snapshots, beginning with one that is read now: it may have changed a moment ago."""
        subscription: Subscription[State] = Subscription()
        if self._is_closed:
            subscription.close()
        self._subscriptions.setdefault(key, set()).add(subscription)
        self.mark_changed([key])
        try:
            yield subscription
        finally:
            self._subscriptions[key].remove(subscription)
            if not self._subscriptions[key]:
                del self._subscriptions[key]

    def mark_changed(self, keys: Iterable[str]) -> None:
        """Read the rows of these keys that have subscriptions."""
        self._changed.update(key for key in keys if key in self._subscriptions)
        if self._changed:
            self._woken.set()

    def mark_all_changed(self) -> None:
        self.mark_changed(list(self._subscriptions))

    def close(self) -> None:
        """End all subscriptions, present and future."""
        self._is_closed = True
        for subscription in chain.from_iterable(self._subscriptions.values()):
            subscription.close()

    async def run(self) -> None:
        """Deliver snapshots of changed rows, until canceled."""
        while True:
            await self._woken.wait()
            await asyncio.sleep(self._pause)
            self._woken.clear()
            keys, self._changed = self._changed, set()
            # A subscription gets only what is read after it was made, so that no client sees an older state than the
            # one that it began with.
            receivers = {key: list(self._subscriptions[key]) for key in keys if key in self._subscriptions}
            try:
                # This does not run in the pool of the routes, which slow requests may fill.
                snapshots = await asyncio.to_thread(self._read, list(receivers)) if receivers else {}
            except UNREACHABLE as error:
                log.warning("changes_not_read", reason=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                self.mark_changed(keys)
            except Exception as error:
                log.error("changes_not_read", exc_info=error)
                # Their clients reconnect, and those of the row at fault get the error.
                for subscription in chain.from_iterable(receivers.values()):
                    subscription.close()
            else:
                for key, subscriptions in receivers.items():
                    for subscription in subscriptions:
                        if key in snapshots:
                            subscription.put(snapshots[key])
                        else:  # it was deleted
                            subscription.close()
