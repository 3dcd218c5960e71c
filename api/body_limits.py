"""Request body limits, in bytes and seconds: ASGI middleware, and the route class that raises them for uploads."""

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

DEFAULT_BYTES: Final = 1_000_000
DEFAULT_SECONDS: Final = 30.0
# Overhead of a multipart form: boundaries, headers, the other fields.
_FORM_BYTES: Final = 65_536


@dataclass
class BodyLimit:
    bytes: int = DEFAULT_BYTES
    seconds: float = DEFAULT_SECONDS


class BodyLimits:
    """Enforces `state.body_limit`, which a route may raise first. Raises TooLarge, RequestTimeout."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = scope["state"]["body_limit"] = BodyLimit()
        # As announced by the client, until more is counted.
        received = int(Headers(scope=scope).get("content-length") or 0)
        counted = 0
        deadline = 0.0
        ended = False

        async def limited_receive() -> Message:
            nonlocal received, counted, deadline, ended
            if ended:  # the next message is http.disconnect, which may take any time
                return await receive()
            _check_size(received, limit)
            deadline = deadline or anyio.current_time() + limit.seconds
            try:
                with anyio.fail_after(deadline - anyio.current_time()):
                    message = await receive()
            except TimeoutError as error:
                raise RequestTimeout("The request body took too long to arrive.", remedy="Send it again.") from error
            counted += len(message.get("body", b""))
            received = max(received, counted)
            ended = not message.get("more_body", False)
            _check_size(received, limit)
            return message

        await self.app(scope, limited_receive, send)


def _check_size(received: int, limit: BodyLimit) -> None:
    if received > limit.bytes:
        raise too_large(limit.bytes)


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"This request may have up to {limit:,} bytes.", remedy="Send less, or compress it more.")


class UploadRoute(APIRoute):
    """A route whose body may be as large as the caller's plan allows, and take as long as a download may."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_upload(request: Request) -> Response:
            limit: BodyLimit = request.state.body_limit
            limit.bytes = request.state.caller.plan.upload_bytes + _FORM_BYTES
            limit.seconds = settings().fetch_seconds
            return await handle(request)

        return handle_upload
