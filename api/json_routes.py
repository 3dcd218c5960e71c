"""FastAPI route classes of JSON bodies: limits of size, of values and of keys, and large bodies parsed in a thread.

FastAPI parses and validates a body in the event loop, which answers nobody else meanwhile: a megabyte of `{}` as the
segments of captions stopped it for 2.8 s. So a body is small and has few values, each list in it has a stated length
(`max_length`), and of long lists the first wrong entry is reported (`fail_fast`). bench/noisy_neighbor.py measures what
is left.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.authentication import too_many
from api.body_limits import DEFAULT_BYTES, BodyLimit
from api.concurrency_limits import ConcurrencyLimit, client_of
from api.rate_limiter import RateLimiter
from api.thread_pools import LARGE_JSON
from content_pipeline.core.errors import Unprocessable
from content_pipeline.core.rate_limits import Rate

LARGE_BYTES: Final = 1_000_000
# Each value costs about 3 µs to parse and validate. 128 kB hold 60,000.
MAX_VALUES: Final = 5_000
# Of captions of a day, an edit has 100,000.
MAX_LARGE_VALUES: Final = 120_000
# The largest object of the API has 20; those of options and metadata are the client's.
MAX_KEYS: Final = 100
# Each computes, for up to 0.1 s.
LARGE_BODIES: Final = ConcurrencyLimit("send a large body", most=8, per_client=1)
# Of a key, of bodies that other routes do not take. With as many as the plan has requests, the reads of other keys took
# 4 times as long (99 %).
LARGE_RATE: Final = Rate(30, 60)

_rate_limiter: Final = RateLimiter()


class _JsonRequest(Request):
    async def json(self) -> Any:
        """The body, parsed. Raises Unprocessable `too_many_keys`, and what `json.loads` raises."""
        if not hasattr(self, "_json"):
            self._json = await self.parse(await self.body())
        return self._json

    async def parse(self, body: bytes) -> Any:
        _check_values(body, MAX_VALUES)
        return _loads(body)


class _LargeJsonRequest(_JsonRequest):
    async def parse(self, body: bytes) -> Any:
        if len(body) > DEFAULT_BYTES:
            result = await _rate_limiter.take(f"large bodies of {client_of(self)}", LARGE_RATE)
            if not result.allowed:
                raise too_many(f"{LARGE_RATE.quota} large bodies a minute are taken from each key.", result)
        _check_values(body, MAX_LARGE_VALUES)
        return await LARGE_JSON.run(_loads, body)


class JsonRoute(APIRoute):
    """A route that takes JSON of the usual size."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            return await handle(_JsonRequest(request.scope, request.receive))

        return handle_json


class LargeJsonRoute(APIRoute):
    """A route that takes JSON of up to 1 MB, one body at a time for each key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_large_json(request: Request) -> Response:
            limit: BodyLimit = request.state.body_limit
            limit.bytes = LARGE_BYTES
            async with LARGE_BODIES.slot(client_of(request)):
                return await handle(_LargeJsonRequest(request.scope, request.receive))

        return handle_large_json


def _check_values(body: bytes, most: int) -> None:
    """Raises Unprocessable `too_many_values`.

    Commas in texts count, too: to leave them out is the parser's work. What is nested without commas ends by its depth.
    """
    if body.count(b",") > most:
        raise Unprocessable(
            f"This body has more than {most:,} values.",
            code="too_many_values",
            remedy="Send fewer entries at a time.",
        )


def _loads(body: bytes) -> Any:
    return json.loads(body, object_pairs_hook=_to_object)


def _to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_KEYS:
        raise Unprocessable(
            f"An object of this body has {len(pairs):,} keys; at most {MAX_KEYS} are taken.",
            code="too_many_keys",
            remedy="Send the fields that the documentation names.",
        )
    return dict(pairs)
