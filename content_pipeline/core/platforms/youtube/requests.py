"""How YouTube's API is called."""

from collections.abc import Callable
from typing import Any, Final

import httpx

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access

_HOST: Final = "www.googleapis.com"


def call(
    way: Callable[..., httpx.Response],
    method: str,
    path: str,
    access: Access,
    *,
    headers: dict[str, str] | None = None,
    **request: Any,
) -> httpx.Response:
    """A request to the API by one of the ways of transport.py; `request` is httpx's."""
    return way(method, transport.url(_HOST, path), headers={**authorization(access), **(headers or {})}, **request)


def authorization(access: Access) -> dict[str, str]:
    """The header that says for whom a request acts."""
    return {"Authorization": f"Bearer {access.token}"}
