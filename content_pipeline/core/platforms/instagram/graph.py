"""Instagram's Graph API as it is spoken: its address, who asks, and how much of its patience is used up."""

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
    """A document, and the seconds that the API wants to be left alone from now on (see `rest`). Raises its failure."""
    response = transport.read("GET", _address(path), params=parameters, headers=_headers(access))
    found = json_object(response)
    if not response.is_success or not found:
        raise errors.failure(response)
    return found, rest(response)


def post(
    way: Callable[..., httpx.Response], access: Access, path: str, **parameters: str | int | bool
) -> httpx.Response:
    """A change, by one of the ways of transport.py; any status is an answer."""
    return way("POST", _address(path), data=parameters, headers=_headers(access))


def rest(response: httpx.Response) -> float:
    """Seconds for which the app or the account had better ask nothing more: 0 below 90 % of a limit.

    Whoever goes on to 100 % is blocked, and every account of the app with it.
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
