"""Client for Instagram's Graph API: URLs, authorization, and the usage headers of its rate limits."""

import json
from collections.abc import Callable
from itertools import chain
from typing import Any, Final

import httpx

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.instagram import errors
from content_pipeline.core.platforms.response_json import json_object

_HOST: Final = "graph.instagram.com"
_VERSION: Final = "v25.0"
_MEASURES: Final = ("call_count", "total_time", "total_cputime")
_TIGHT_PERCENT: Final = 90
_SHORTEST_REST_SECONDS: Final = 60.0


def get(access: Access, path: str, **parameters: str | int) -> tuple[dict[str, Any], float]:
    """A JSON object, and `cooldown_seconds` of the response. Raises what `errors.failure` makes of a refusal."""
    response = ask(access, path, **parameters)
    found = json_object(response)
    if not response.is_success or not found:
        raise errors.failure(response)
    return found, cooldown_seconds(response)


def ask(access: Access, path: str, **parameters: str | int) -> httpx.Response:
    """A GET, with retries; returns a response of any status."""
    return transport.read("GET", _address(path), params=parameters, headers=_headers(access))


def post(
    send: Callable[..., httpx.Response], access: Access, path: str, **parameters: str | int | bool
) -> httpx.Response:
    """A POST by `transport.send` or `transport.read`; returns a response of any status."""
    return send("POST", _address(path), data=parameters, headers=_headers(access))


def cooldown_seconds(response: httpx.Response) -> float:
    """Seconds to wait before the next call of the app or the account: 0 below 90 % of a limit.

    At 100 % the app is blocked, with all its accounts.
    """
    accounts = _header(response, "x-business-use-case-usage").values()
    usages = [_header(response, "x-app-usage"), *chain.from_iterable(accounts)]
    tight = [usage for usage in usages if max(usage.get(measure, 0) for measure in _MEASURES) > _TIGHT_PERCENT]
    minutes = (usage.get("estimated_time_to_regain_access", 0) for usage in tight)
    return max((max(60.0 * of_one, _SHORTEST_REST_SECONDS) for of_one in minutes), default=0.0)


def _header(response: httpx.Response, name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(response.headers.get(name, "{}"))
    return parsed


def _address(path: str) -> str:
    return transport.url(_HOST, f"/{_VERSION}/{path}")


def _headers(access: Access) -> dict[str, str]:
    # Not as the parameter `access_token`: addresses end up in logs.
    return {"Authorization": f"Bearer {access.token}"}
