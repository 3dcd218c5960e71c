"""Admission control: few requests of a workspace begin at a time, so that a burst of them does not fill the event loop.

A request begins until it is answered, or for `BEGINNING_SECONDS`: what waits for something lets the next one in.
"""

import asyncio
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from anyio.lowlevel import RunVar
from starlette.types import ASGIApp, Receive, Scope, Send

# Each step of a request waits for a step of all others in the loop. Beside 60 requests of another workspace that came
# at once, reads of tasks took 161 ms (99 %) where those computed for 10 ms each (bench/noisy_neighbor.py).
BEGINNING: Final = 2
BEGINNING_SECONDS: Final = 0.05


# By workspace, while one of its requests begins or waits.
_Free = WeakValueDictionary[UUID, asyncio.Semaphore]
_free: Final[RunVar[_Free]] = RunVar("requests that may begin")


class AdmissionControl:
    """ASGI middleware behind Authentication. Requests without a caller are let through: they have limits of their
    own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope.get("state", {}).get("caller")
        if caller is None:
            await self.app(scope, receive, send)
            return
        free = _of_this_loop().setdefault(caller.workspace_id, asyncio.Semaphore(BEGINNING))
        await free.acquire()
        slot = _Slot(free)
        try:
            await self.app(scope, receive, send)
        finally:
            slot.release()


def _of_this_loop() -> _Free:
    try:
        return _free.get()
    except LookupError:
        free: _Free = WeakValueDictionary()
        _free.set(free)
        return free


class _Slot:
    """Held until the first `release`, which comes after `BEGINNING_SECONDS` at the latest."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free: asyncio.Semaphore | None = free
        self._timer = asyncio.get_running_loop().call_later(BEGINNING_SECONDS, self.release)

    def release(self) -> None:
        if self._free:
            self._timer.cancel()
            self._free.release()
            self._free = None
