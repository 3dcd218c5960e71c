"""Client for Instagram's Graph API: URLs, authorization, and the usage headers of its rate limits."""

from collections.abc import Callable
from itertools import chain
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel, FiniteFloat, TypeAdapter, ValidationError

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.instagram import errors
from content_pipeline.core.platforms.response_json import json_object

Form = TypeVar("Form")

_HOST: Final = "graph.instagram.com"
_VERSION: Final = "v25.0"
_TIGHT_PERCENT: Final = 90
_SHORTEST_REST_SECONDS: Final = 60.0
_LONGEST_REST_SECONDS: Final = 86_400.0


class _Usage(BaseModel):
    """Percent of three limits, and the minutes until the app is let in again."""

    call_count: FiniteFloat = 0
    total_time: FiniteFloat = 0
    total_cputime: FiniteFloat = 0
    estimated_time_to_regain_access: FiniteFloat = 0

    @property
    def is_tight(self) -> bool:
        return max(self.call_count, self.total_time, self.total_cputime) > _TIGHT_PERCENT

    @property
    def rest_seconds(self) -> float:
        return min(max(60.0 * self.estimated_time_to_regain_access, _SHORTEST_REST_SECONDS), _LONGEST_REST_SECONDS)


_OF_APP: Final = TypeAdapter(_Usage)
_OF_ACCOUNTS: Final = TypeAdapter(dict[str, list[_Usage]])


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
    of_app = _usage(response, "x-app-usage", _OF_APP) or _Usage()
    of_accounts = _usage(response, "x-business-use-case-usage", _OF_ACCOUNTS) or {}
    usages = [of_app, *chain.from_iterable(of_accounts.values())]
    return max((usage.rest_seconds for usage in usages if usage.is_tight), default=0.0)


def _usage(response: httpx.Response, header: str, form: TypeAdapter[Form]) -> Form | None:
    """What a header says; None where it is missing or of another form, because the response counts without it."""
    try:
        return form.validate_json(response.headers.get(header, "{}"))
    except ValidationError:
        return None


def _address(path: str) -> str:
    return transport.url(_HOST, f"/{_VERSION}/{path}")


def _headers(access: Access) -> dict[str, str]:
    # The token is not sent as the parameter `access_token`, because addresses end up in logs.
    return {"Authorization": f"Bearer {access.token}"}
