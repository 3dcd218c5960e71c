"""FastAPI route classes of JSON bodies: limits of size, of values and of keys, and large bodies parsed in a thread.

FastAPI parses and validates a body in the event loop, which answers nobody else meanwhile: a megabyte of `{}` as the
segments of captions stopped it for 2.8 s. So a body is small and has few values, each list in it has a stated length
(`max_length`), and of long lists the first wrong entry is reported (`fail_fast`). Segments of captions are validated in
the thread of their route (schemas/captions.py). bench/noisy_neighbor.py measures what is left.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.limits.body_limits import BodyLimit
from api.limits.concurrency.concurrency_limit import ConcurrencyLimit, client_of
from api.limits.concurrency.thread_pools import JSON_PARSING
from api.limits.volume_limits import VolumeLimit
from content_pipeline.core.errors import Invalid, Unprocessable

LARGE_BYTES: Final = 1_000_000
# A body of 128 kB could have 60,000.
MAX_VALUES: Final = 5_000
# An edit of the captions of a day has 100,000 values.
MAX_LARGE_VALUES: Final = 120_000
# The largest object of the API has 20; those of options and metadata are the client's.
MAX_KEYS: Final = 100
# Each computes, for up to 0.1 s.
LARGE_BODIES: Final = ConcurrencyLimit("send a large body", most=8, per_client=1)
# A workspace may send the values of six of the largest bodies in a minute. Bodies with few values do not count. With 30
# of the largest, the reads of others took 3.4 times as long (99 %); beside 20 bodies of 5,000 values a second, 4.8
# times.
LARGE_BODY_VALUES: Final = VolumeLimit("large bodies", "values", most=6 * MAX_LARGE_VALUES)
# One body of a client is parsed at a time. Otherwise the event loop would parse and validate all that a key sends at
# once before it looks at the requests of others: beside 60 bodies of 5,000 values their reads took 10 times as long
# (99 %).
_PARSING: Final = ConcurrencyLimit("are being parsed", most=1000, per_client=1)
# More are parsed in a thread, which gives up the interpreter at each object. A value takes 1 µs there, and 0.2 µs in
# the event loop, which validates it.
FEW_VALUES: Final = 500


class JsonRequest(Request):
    """A request whose JSON is small, flat and parsed one at a time of a client."""

    max_values = MAX_VALUES

    async def json(self) -> Any:
        """The body, parsed. Raises Unprocessable `too_many_keys`, `too_many_values`, Invalid, JSONDecodeError."""
        if not hasattr(self, "_json"):
            body = await self.body()
            async with _PARSING.slot(client_of(self)):
                self._json = await self._parse(body)
        return self._json

    async def _parse(self, body: bytes) -> Any:
        values = body.count(b",") + 1  # at most: commas in texts count, too, and to leave them out is the parser's work
        if values > self.max_values:
            raise Unprocessable(
                f"This body has more than {self.max_values:,} values.",
                code="too_many_values",
                remedy="Send fewer entries at a time.",
            )
        if values <= FEW_VALUES:
            return parse(body)
        await LARGE_BODY_VALUES.take(client_of(self), values)
        return await JSON_PARSING.run(parse, body)


class _LargeJsonRequest(JsonRequest):
    max_values = MAX_LARGE_VALUES


class JsonRoute(APIRoute):
    """A route that takes JSON of the usual size."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_json(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return handle_json


class LargeJsonRoute(APIRoute):
    """A route that takes JSON of up to 1 MB, one body at a time for each workspace."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_large_json(request: Request) -> Response:
            limit: BodyLimit = request.state.body_limit
            limit.bytes = LARGE_BYTES
            async with LARGE_BODIES.slot(client_of(request)):
                return await handle(_LargeJsonRequest(request.scope, request.receive))

        return handle_large_json


def parse(body: bytes) -> Any:
    """The value of a JSON body. Raises Invalid, and json.JSONDecodeError."""
    try:
        return json.loads(body, object_pairs_hook=_to_object)
    except json.JSONDecodeError:  # FastAPI answers it with its place
        raise
    except RecursionError as error:
        raise too_nested() from error
    except UnicodeDecodeError as error:
        raise Invalid(
            "This body is not text in UTF-8.", code="body_unreadable", remedy="Send JSON in UTF-8."
        ) from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise Invalid(
            "A number of this body has too many digits.", code="number_too_long", remedy="Send it as a text."
        ) from error


def too_nested() -> Invalid:
    return Invalid(
        "The body is nested too deeply.", code="body_nested", remedy="Send the fields that the documentation names."
    )


def _to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_KEYS:
        raise Unprocessable(
            f"An object of this body has {len(pairs):,} keys; at most {MAX_KEYS} are taken.",
            code="too_many_keys",
            remedy="Send the fields that the documentation names.",
        )
    return dict(pairs)
