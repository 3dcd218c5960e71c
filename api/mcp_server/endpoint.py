"""ASGI endpoint `/mcp`: the MCP server over stateless streamable HTTP, in the API's process.

The SDK's modules take 20 MB and 0.6 s, so they are loaded at the first request that has a key.
"""

import gc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from json import JSONDecodeError
from typing import Final

from fastapi.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from api.authentication import key_missing
from api.json_routes import JsonRequest
from api.limits.concurrency.concurrency_limit import ConcurrencyLimit, client_of
from api.limits.concurrency.thread_pools import ThreadPool

Serve = Callable[[Request, Send], Awaitable[None]]

# Messages that are being answered. One that waits for a task takes no thread, but a connection and its buffers.
MESSAGES: Final = ConcurrencyLimit("call tools", most=400, per_client=16)
_LOADING: Final = ThreadPool("loading the MCP server", 1)


class McpEndpoint:
    """ASGI application. A message is a POST; there are no sessions, so a stream of the server's own has no use.

    Raises Unauthorized for a message whose key was not checked.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = JsonRequest(scope, receive)
        # The router takes more paths for this one than the middleware does: `/mcp%0A`.
        if getattr(request.state, "caller", None) is None:
            raise key_missing()
        if request.method != "POST":
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})
        async with MESSAGES.slot(client_of(request)):
            with suppress(JSONDecodeError):  # the SDK answers it, in the protocol's form
                await request.json()
            body = await request.body()
            serve = await _LOADING.run(_load)
            await serve(Request(scope, _replayed(body, receive)), send)


@cache
def _load() -> Serve:
    from api.mcp_server.http_transport import serve

    gc.freeze()  # as api/main.py does: 50,000 objects, which full collections walked over for 46 ms
    return serve


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What `receive` would give had the body not been read."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed
