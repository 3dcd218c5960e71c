"""Requests to YouTube's Data API."""

from collections.abc import Callable
from typing import Any, Final

import httpx

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access

_HOST: Final = "www.googleapis.com"


def call(
    send: Callable[..., httpx.Response],
    method: str,
    path: str,
    access: Access,
    *,
    headers: dict[str, str] | None = None,
    **request: Any,
) -> httpx.Response:
    """A request by `transport.send` or `transport.read`; `request` is httpx's."""
    return send(
        method, transport.url(_HOST, path), headers={**authorization_header(access), **(headers or {})}, **request
    )


def authorization_header(access: Access) -> dict[str, str]:
    """The Authorization header of an account."""
    return {"Authorization": f"Bearer {access.token}"}
