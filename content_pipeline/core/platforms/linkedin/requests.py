"""How LinkedIn's API is called."""

from collections.abc import Callable
from typing import Any

import httpx

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.linkedin.settings import LinkedInSettings


def call(way: Callable[..., httpx.Response], method: str, path: str, access: Access, **request: Any) -> httpx.Response:
    """A request to the API by one of the ways of transport.py; `request` is httpx's, its content JSON."""
    headers = {
        "Authorization": f"Bearer {access.token}",
        "LinkedIn-Version": LinkedInSettings.current().linkedin_version,
        "X-Restli-Protocol-Version": "2.0.0",
        "Content-Type": "application/json",
    }
    return way(method, transport.url("api.linkedin.com", path), headers=headers, **request)


def author(access: Access) -> str:
    """The URN of the member."""
    return f"urn:li:person:{access.user_id}"
