"""Admission control: a concurrency limit per workspace, so that a burst of requests does not fill the event loop.

A slot is released when the first part of the response body is sent, or after `SLOT_SECONDS`, so that a request that
waits for something does not block the others.
"""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.limits.concurrency.concurrency_limit import PATIENCE_SECONDS, ConcurrencyLimit, client_of

# Each step of a request waits in the event loop for a step of all others. Beside 60 uploads in parts of another
# workspace, begun at once, reads of tasks took 161 ms (99 %), and take 6 (bench/noisy_neighbor.py). With one slot the
# reads of one key came to 0.49 of a bare route instead of 0.55 (bench/polling.py).
SLOTS_PER_WORKSPACE: Final = 2
SLOT_SECONDS: Final = 0.05
# If each slot is held for SLOT_SECONDS, the last of this many requests still gets one in time.
_MAX_WAITING: Final = int(PATIENCE_SECONDS / SLOT_SECONDS) * SLOTS_PER_WORKSPACE
SLOTS: Final = ConcurrencyLimit(
    "are being worked on", most=1000, per_client=SLOTS_PER_WORKSPACE, max_waiting=_MAX_WAITING
)
# Key of a scope's state: the request is part of one that has a slot, or had one. A client cannot set it.
IS_ADMITTED: Final = "is_admitted"


class AdmissionControl:
    """ASGI middleware behind Authentication. Requests without a key have limits of their own. Raises TooManyRequests
    `too_many_at_once`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.get("state", {})
        if not state.get("caller") or state.get(IS_ADMITTED):
            await self.app(scope, receive, send)
            return
        async with SLOTS.slot(client_of(Request(scope))) as release:

            async def send_and_release(message: Message) -> None:
                await send(message)
                if message["type"] == "http.response.body":
                    release()

            timer = asyncio.get_running_loop().call_later(SLOT_SECONDS, release)
            try:
                await self.app(scope, receive, send_and_release)
            finally:
                timer.cancel()
