"""Requests to LinkedIn's REST API."""

from collections.abc import Callable
from typing import Any

import httpx

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.linkedin.settings import LinkedInSettings


def call(send: Callable[..., httpx.Response], method: str, path: str, access: Access, **request: Any) -> httpx.Response:
    """A request by `transport.send` or `transport.read`; `request` is httpx's, with JSON as its content."""
    headers = {
        "Authorization": f"Bearer {access.token}",
        "LinkedIn-Version": LinkedInSettings.current().linkedin_version,
        "X-Restli-Protocol-Version": "2.0.0",
        "Content-Type": "application/json",
    }
    return send(method, transport.url("api.linkedin.com", path), headers=headers, **request)


def member_urn(access: Access) -> str:
    """The URN of the member."""
    return f"urn:li:person:{access.user_id}"
