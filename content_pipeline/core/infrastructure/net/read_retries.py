"""Retries idempotent HTTP requests after dropped connections, 5xx, and 429 with a short Retry-After."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import httpx

from content_pipeline.core.infrastructure.net.retry_after import retry_after

# Tries of a read; after these, a later run tries again.
TRIES: Final = 3
PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 5.0


def with_retries(send: Callable[[], httpx.Response], *, tries: int = TRIES) -> httpx.Response:
    """Send an idempotent request up to `tries` times; the response may still be a 429 or 5xx.

    Raises httpx.RequestError when the last try fails.
    """
    for _ in range(tries - 1):
        try:
            response = send()
        except httpx.RequestError:  # not TransportError: a body that cannot be decompressed raises DecodingError
            time.sleep(PAUSE_SECONDS)
            continue
        if response.status_code != HTTPStatus.TOO_MANY_REQUESTS and not response.is_server_error:
            return response
        pause = retry_after(response) or PAUSE_SECONDS
        if pause > _LONGEST_PAUSE_SECONDS:
            return response
        time.sleep(pause)
    return send()
