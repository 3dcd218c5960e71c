"""ASGI middleware: request log and fault injection (dropped connections, delays, error answers)."""

from http import HTTPStatus
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.faults import SCOPE_KEY, RequestState
from sandbox.store import Store


class FaultMiddleware:
    def __init__(self, app: ASGIApp, store: Store) -> None:
        self._app = app
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope[SCOPE_KEY] = RequestState()

        async def log_and_send(message: Message) -> None:
            # Logged before it is sent, so that a client with the response finds the request in the log.
            if message["type"] == "http.response.start":
                self._log(scope, state, message["status"])
            if not state.drop_connection and not state.error:
                await send(message)

        await self._app(scope, receive, log_and_send)
        if state.drop_connection:
            await _close_connection(receive, send)
        elif state.error:
            await state.error.response(scope, receive, send)

    def _log(self, scope: Scope, state: RequestState, status: int) -> None:
        if state.platform is None:
            return
        succeeded = state.does_work and status < HTTPStatus.BAD_REQUEST
        if state.error:
            status = state.error.status
        entry = {
            "time": self._store.timestamp(),
            "method": scope["method"],
            "path": scope["path"],
            "platform": state.platform,
            "step": state.step,
            "status": "dropped" if state.drop_connection else status,
            "mutation": succeeded and state.step in ("prepare", "commit", "remove"),
        }
        self._store.put("request", uuid4().hex, entry)


async def _close_connection(receive: Receive, send: Send) -> None:
    """Close the connection without a response. ASGI has no message for this, so it uses uvicorn's transport."""
    send.__self__.transport.close()  # type: ignore[attr-defined]
    while (await receive())["type"] != "http.disconnect":
        pass
