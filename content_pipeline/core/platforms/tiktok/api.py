"""Client for TikTok's API, with its rate limits."""

from typing import Any, Final

from content_pipeline.core.infrastructure.rate_limits import Rate
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.call_limits import take_call
from content_pipeline.core.platforms.response_json import json_object
from content_pipeline.core.platforms.tiktok import errors

CREATOR_INFO: Final = "post/publish/creator_info/query"
INIT: Final = "post/publish/video/init"
STATUS: Final = "post/publish/status/fetch"
USER_INFO: Final = "user/info"
VIDEO_LIST: Final = "video/list"
VIDEO_QUERY: Final = "video/query"
# These rates are per minute, for all processes together. Calls that publish are limited per account, and other calls
# for all accounts of the app, which share them.
_OF_ACCOUNT: Final = {CREATOR_INFO: Rate(20, 60), INIT: Rate(6, 60), STATUS: Rate(30, 60)}
APP_RATE: Final = Rate(600, 60)


def call(access: Access, what: str, body: dict[str, Any] | None = None, **query: str) -> dict[str, Any]:
    """POST a body to `what`, or GET it without one, which may be repeated; returns the response's `data`.

    Raises what `errors.failure` makes of a refusal, and TooManyRequests before TikTok would answer it.
    """
    if what in _OF_ACCOUNT:
        take_call(f"tiktok:{what}", access.user_id, _OF_ACCOUNT[what])
    else:
        take_call(f"tiktok:{what}", access.user_id, APP_RATE, shared_on="tiktok")
    address = transport.url("open.tiktokapis.com", f"/v2/{what}/")
    headers = {"Authorization": f"Bearer {access.token}", "Content-Type": "application/json; charset=UTF-8"}
    method = "GET" if body is None else "POST"
    response = transport.read(method, address, params=query, json=body, headers=headers)
    answer = json_object(response)
    fault = answer.get("error", {})
    if not response.is_success or "data" not in answer or fault.get("code", errors.OK) != errors.OK:
        raise errors.failure(response)
    data: dict[str, Any] = answer["data"]
    return data
