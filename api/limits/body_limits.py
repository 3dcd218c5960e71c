"""Request body limits, in bytes and seconds, and refusal of compressed bodies: ASGI middleware."""

from dataclasses import dataclass
from math import inf
from typing import Final

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from content_pipeline.core.errors import EncodingUnsupported, RequestTimeout, TooLarge

# JSON is parsed and validated in the event loop (api/json_routes.py).
DEFAULT_BYTES: Final = 128_000
DEFAULT_SECONDS: Final = 30.0


@dataclass
class BodyLimit:
    """A body has `seconds` to arrive. Where `bytes_per_second` are set, each that arrives adds to them, up to
    `most_seconds`."""

    bytes: int = DEFAULT_BYTES
    seconds: float = DEFAULT_SECONDS
    most_seconds: float = DEFAULT_SECONDS
    bytes_per_second: float = inf

    def seconds_for(self, received: int) -> float:
        return min(self.seconds + received / self.bytes_per_second, self.most_seconds)


class BodyLimits:
    """Enforces `state.body_limit`, which a route may raise first.

    Raises TooLarge, RequestTimeout, EncodingUnsupported.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = scope["state"]["body_limit"] = BodyLimit()
        headers = Headers(scope=scope)
        _check_encoding(headers.get("content-encoding", "identity"))
        # The length that the client announces counts until more bytes than that have arrived.
        received = int(headers.get("content-length") or 0)
        counted = 0
        began = 0.0
        ended = False

        async def limited_receive() -> Message:
            nonlocal received, counted, began, ended
            if ended:  # the next message is http.disconnect, which may take any time
                return await receive()
            check_size(received, limit)
            began = began or anyio.current_time()
            try:
                with anyio.fail_after(began + limit.seconds_for(counted) - anyio.current_time()):
                    message = await receive()
            except TimeoutError as error:
                raise RequestTimeout("The request body took too long to arrive.", remedy="Send it again.") from error
            counted += len(message.get("body", b""))
            received = max(received, counted)
            ended = not message.get("more_body", False)
            check_size(received, limit)
            return message

        await self.app(scope, limited_receive, send)


def _check_encoding(encoding: str) -> None:
    if encoding.lower() != "identity":
        raise EncodingUnsupported(
            f"Bodies that are compressed with {encoding[:40]} are not taken.",
            remedy="Send it without Content-Encoding; media are compressed anyway.",
        )


def check_size(received: int, limit: BodyLimit) -> None:
    """Raises TooLarge."""
    if received > limit.bytes:
        raise too_large(limit.bytes)


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"This request may have up to {limit:,} bytes.", remedy="Send less, or compress it more.")
