"""Requests to YouTube's APIs."""

from collections.abc import Callable
from typing import Any, Final

import httpx

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.response_json import json_object
from content_pipeline.core.platforms.youtube.errors import checked

_HOST: Final = "www.googleapis.com"


def call(
    send: Callable[..., httpx.Response],
    method: str,
    path: str,
    access: Access,
    *,
    host: str = _HOST,
    headers: dict[str, str] | None = None,
    **request: Any,
) -> httpx.Response:
    """A request by `transport.send` or `transport.read`, to the Data API unless `host` is another; `request` is
    httpx's."""
    return send(
        method, transport.url(host, path), headers={**authorization_header(access), **(headers or {})}, **request
    )


def list_page(access: Access, what: str, **query: str) -> dict[str, Any]:
    """A page of a list call of the Data API, which costs one unit of quota. Raises what `errors.failure` makes of a
    refusal."""
    return json_object(checked(call(transport.read, "GET", f"/youtube/v3/{what}", access, params=query)))


def authorization_header(access: Access) -> dict[str, str]:
    """The Authorization header of an account."""
    return {"Authorization": f"Bearer {access.token}"}
