"""HTTP transport to the platforms, or to the sandbox, where each of their hosts is a path prefix."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx

from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.infrastructure.net import read_retries
from content_pipeline.core.infrastructure.net.limited_client import limited_client
from content_pipeline.core.platforms.base import Ambiguous
from content_pipeline.core.settings import settings

TIMEOUT: Final = httpx.Timeout(60, connect=10)
# Three tries at a platform that hangs take 181 s.
BRIEF_TIMEOUT: Final = httpx.Timeout(10)
_is_brief: Final = ContextVar("is_brief", default=False)
# One client serves all accounts: a cookie of one account must not be sent with the token of another.
_NO_COOKIES: Final = DefaultCookiePolicy(allowed_domains=[])
# These errors prove that the request never arrived.
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def url(host: str, path: str) -> str:
    """The URL of `path` (with its leading slash) at a platform's `host`."""
    base = f"{settings().sandbox_url.rstrip('/')}/{host}" if settings().platforms == "sandbox" else f"https://{host}"
    return base + path


@cache
def client() -> httpx.Client:
    """One connection pool for all platforms. Redirects are not followed: none of their APIs redirects."""
    # httpx logs every URL at info: Instagram's contain tokens, and upload URLs are secrets.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return limited_client(timeout=TIMEOUT, cookies=CookieJar(_NO_COOKIES))


def send(method: str, address: str, **request: Any) -> httpx.Response:
    """Send a request that changes something, once; returns a response of any status.

    Raises UpstreamError `platform_unreachable` when it did not arrive, Ambiguous when its response was lost.
    """
    try:
        return client().request(method, address, **request)
    except _NOT_SENT as error:
        raise _unreachable(address) from error
    except httpx.HTTPError as error:
        raise Ambiguous(
            f"{_host(address)} broke off before it answered.", remedy="Nothing to do: it is looked into."
        ) from error


@contextmanager
def short_timeouts() -> Iterator[None]:
    """Within this block a read is tried once, for 10 s: for callers that hold a lock or poll many posts."""
    before = _is_brief.set(True)
    try:
        yield
    finally:
        _is_brief.reset(before)


def read(method: str, address: str, **request: Any) -> httpx.Response:
    """Send an idempotent request, with retries; the response may still be a 429 or 5xx.

    Raises UpstreamError `platform_unreachable`.
    """
    tries = read_retries.TRIES
    if _is_brief.get():
        tries, request = 1, {**request, "timeout": BRIEF_TIMEOUT}
    try:
        return read_retries.with_retries(lambda: client().request(method, address, **request), tries=tries)
    except httpx.RequestError as error:
        raise _unreachable(address) from error


def _unreachable(address: str) -> UpstreamError:
    return UpstreamError(
        f"{_host(address)} could not be reached.",
        code="platform_unreachable",
        remedy="Nothing to do: it is retried automatically.",
        retryable=True,
    )


def _host(address: str) -> str:
    return httpx.URL(address).host
