"""Client for TikTok's Content Posting API, with its per-account rate limits."""

from typing import Any, Final

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.call_limits import take_call
from content_pipeline.core.platforms.response_json import json_object
from content_pipeline.core.platforms.tiktok import errors
from content_pipeline.core.rate_limits import Rate

CREATOR_INFO: Final = "creator_info/query"
INIT: Final = "video/init"
STATUS: Final = "status/fetch"
# Per account and minute, for all processes together.
_RATES: Final = {CREATOR_INFO: Rate(20, 60), INIT: Rate(6, 60), STATUS: Rate(30, 60)}


def call(access: Access, what: str, body: dict[str, Any]) -> dict[str, Any]:
    """POST to `what`, which may be repeated; returns the response's `data`.

    Raises what `errors.failure` makes of a refusal, and TooManyRequests before TikTok would answer it.
    """
    take_call(f"tiktok:{what}", access.user_id, _RATES[what])
    address = transport.url("open.tiktokapis.com", f"/v2/post/publish/{what}/")
    headers = {"Authorization": f"Bearer {access.token}", "Content-Type": "application/json; charset=UTF-8"}
    response = transport.read("POST", address, json=body, headers=headers)
    answer = json_object(response)
    fault = answer.get("error", {})
    if not response.is_success or "data" not in answer or fault.get("code", errors.OK) != errors.OK:
        raise errors.failure(response)
    data: dict[str, Any] = answer["data"]
    return data
