"""How much a request may send, and for how long: small bodies everywhere, uploads where a route takes them."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import anyio
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from content_pipeline.core.errors import RequestTimeout, TooLarge
from content_pipeline.core.settings import settings

SMALL_BYTES: Final = 1_000_000
SMALL_SECONDS: Final = 30.0
# What a form adds to the file in it: boundaries, headers, the other fields.
_FORM_BYTES: Final = 65_536


@dataclass
class BodyLimit:
    bytes: int = SMALL_BYTES
    seconds: float = SMALL_SECONDS


class BodyLimits:
    """Limits each body to `state.body_limit`, which a route may widen first. Raises TooLarge, RequestTimeout."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = scope["state"]["body_limit"] = BodyLimit()
        received = int(Headers(scope=scope).get("content-length") or 0)  # as announced, until it is counted
        counted = 0
        deadline = 0.0
        ended = False

        async def limited() -> Message:
            nonlocal received, counted, deadline, ended
            if ended:  # from here on one waits for the client to leave, for as long as that takes
                return await receive()
            _check_size(received, limit)
            deadline = deadline or anyio.current_time() + limit.seconds
            try:
                with anyio.fail_after(deadline - anyio.current_time()):
                    message = await receive()
            except TimeoutError as error:
                raise RequestTimeout("The request took too long to arrive.", remedy="Send it again.") from error
            counted += len(message.get("body", b""))
            received = max(received, counted)
            ended = not message.get("more_body", False)
            _check_size(received, limit)
            return message

        await self.app(scope, limited, send)


def _check_size(received: int, limit: BodyLimit) -> None:
    if received > limit.bytes:
        raise too_large(limit.bytes)


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"This request may have up to {limit:,} bytes.", remedy="Send less, or compress it more.")


class UploadRoute(APIRoute):
    """A route whose body may be as large as the caller's plan allows."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_upload(request: Request) -> Response:
            limit: BodyLimit = request.state.body_limit
            limit.bytes = request.state.caller.plan.upload_bytes + _FORM_BYTES
            limit.seconds = settings().fetch_seconds
            return await handle(request)

        return handle_upload
