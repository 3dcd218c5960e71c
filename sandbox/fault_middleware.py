"""The outermost application: it keeps the log of requests, and drops connections where that was ordered."""

from http import HTTPStatus
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.faults import SCOPE_KEY, RequestState
from sandbox.store import Store


class FaultMiddleware:
    def __init__(self, inside: ASGIApp, world: Store) -> None:
        self._inside = inside
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        visit = scope[SCOPE_KEY] = RequestState()

        async def answer(message: Message) -> None:
            # Logged before it is sent: who has the answer finds the request in the log.
            if message["type"] == "http.response.start":
                self._log(scope, visit, message["status"])
            if not visit.drops and not visit.instead:
                await send(message)

        await self._inside(scope, receive, answer)
        if visit.drops:
            await _close_connection(receive, send)
        elif visit.instead:
            await visit.instead.response(scope, receive, send)

    def _log(self, scope: Scope, visit: RequestState, status: int) -> None:
        if visit.platform is None:
            return
        worked = visit.works and status < HTTPStatus.BAD_REQUEST
        if visit.instead:
            status = visit.instead.status
        entry = {
            "time": self._world.seconds(),
            "method": scope["method"],
            "path": scope["path"],
            "platform": visit.platform,
            "step": visit.step,
            "status": "dropped" if visit.drops else status,
            "mutation": worked and visit.step in ("prepare", "commit"),
        }
        self._world.put("request", uuid4().hex, entry)


async def _close_connection(receive: Receive, send: Send) -> None:
    """Close the connection without a byte of an answer. ASGI has no word for it, so uvicorn's own transport does it."""
    send.__self__.transport.close()  # type: ignore[attr-defined]
    while (await receive())["type"] != "http.disconnect":
        pass
