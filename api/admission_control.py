"""Admission control: a concurrency limit per workspace, so that a burst of requests does not fill the event loop.

A request holds its slot until its response is under way, or for `SLOT_SECONDS`: what waits for something holds up none.
"""

import asyncio
from contextvars import ContextVar
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.concurrency_limits import PATIENCE_SECONDS, ConcurrencyLimit, client_of

# Each step of a request waits in the event loop for a step of all others. Beside 60 uploads in parts of another
# workspace, begun at once, reads of tasks took 161 ms (99 %), and take 6 (bench/noisy_neighbor.py). With one slot the
# reads of one key came to 0.49 of a bare route instead of 0.55 (bench/polling.py).
SLOTS_PER_WORKSPACE: Final = 2
SLOT_SECONDS: Final = 0.05
# All that can get a slot in time, if each is held for as long as it may.
_MAX_WAITING: Final = int(PATIENCE_SECONDS / SLOT_SECONDS) * SLOTS_PER_WORKSPACE
SLOTS: Final = ConcurrencyLimit(
    "are being worked on", most=1000, per_client=SLOTS_PER_WORKSPACE, max_waiting=_MAX_WAITING
)
# The routes that a tool of an agent calls are part of its request, which has a slot, or had one.
_is_admitted: Final[ContextVar[bool]] = ContextVar("is_admitted", default=False)


class AdmissionControl:
    """ASGI middleware behind Authentication. Requests without a key have limits of their own. Raises TooManyRequests
    `too_many_at_once`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope.get("state", {}).get("caller") or _is_admitted.get():
            await self.app(scope, receive, send)
            return
        async with SLOTS.slot(client_of(Request(scope))) as release:

            async def send_and_release(message: Message) -> None:
                await send(message)
                if message["type"] == "http.response.body":
                    release()

            timer = asyncio.get_running_loop().call_later(SLOT_SECONDS, release)
            admitted = _is_admitted.set(True)
            try:
                await self.app(scope, receive, send_and_release)
            finally:
                _is_admitted.reset(admitted)
                timer.cancel()
