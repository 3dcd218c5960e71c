"""Streamable HTTP for the MCP server: answers one message, after a check of its Host and Origin."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.requests import Request
from starlette.types import Send

from api.mcp_server.rest import in_process
from api.mcp_server.server import build
from content_pipeline.core.errors import Error
from content_pipeline.core.settings import settings

SERVER: Final = build(in_process)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


class Misdirected(Error):
    status = HTTPStatus.MISDIRECTED_REQUEST
    code = "host_not_allowed"


class ForeignOrigin(Error):
    status = HTTPStatus.FORBIDDEN
    code = "origin_not_allowed"


async def serve(request: Request, send: Send) -> None:
    """Answer one message. Raises Misdirected, ForeignOrigin."""
    await _check_host(request)
    # Without sessions, the SDK's manager keeps nothing from one message to the next. Each message has a manager of its
    # own, so that all tasks of a message end with it: when it is answered, when the client disconnects, or when the
    # server shuts down.
    manager = StreamableHTTPSessionManager(SERVER, stateless=True)
    async with manager.run():
        await manager.handle_request(request.scope, request.receive, send)


async def _check_host(request: Request) -> None:
    """Against DNS rebinding: a website whose name leads here comes with its own name."""
    refused = await TransportSecurityMiddleware(_security()).validate_request(_lower_case(request))
    if refused is None:
        return
    if refused.status_code == HTTPStatus.FORBIDDEN:
        raise ForeignOrigin(
            f"Pages of {request.headers['Origin'][:200]} may not call this server.",
            remedy="Add the origin to CONTENT_PIPELINE_CORS_ORIGINS.",
        )
    raise Misdirected(
        f"This server does not go by the name {request.headers.get('Host', '')[:200]!r}.",
        remedy="Use the address of CONTENT_PIPELINE_PUBLIC_URL, or add this name to CONTENT_PIPELINE_MCP_HOSTS.",
    )


def _lower_case(request: Request) -> Request:
    """The request as a browser sends it, which writes names of hosts in lower case: the SDK compares letters."""
    headers = [(name, value.lower() if name in (b"host", b"origin") else value) for name, value in request.headers.raw]
    return Request({**request.scope, "headers": headers})


def _security() -> TransportSecuritySettings:
    public = urlsplit(settings().public_url.lower())
    return TransportSecuritySettings(
        allowed_hosts=[
            public.netloc,
            *map(str.lower, settings().mcp_hosts),
            *_LOOPBACK,
            *(f"{name}:*" for name in _LOOPBACK),
        ],
        allowed_origins=[f"{public.scheme}://{public.netloc}", *map(str.lower, settings().cors_origins)],
    )
