"""API key authentication middleware; also applies the key's rate limit.

It runs before the router, so that no body is read without a valid key, and so that error responses carry the
rate-limit headers too.
"""

import math
import time
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.rate_limiter import RateLimiter
from api.thread_pools import AUTHENTICATION
from content_pipeline.core import rate_limits
from content_pipeline.core.accounts import oauth_flow
from content_pipeline.core.avatars import heygen_events
from content_pipeline.core.database import autocommit
from content_pipeline.core.errors import TooManyRequests, Unauthorized
from content_pipeline.core.rate_limits import Rate, RateLimitResult
from content_pipeline.core.workspaces import workspaces
from content_pipeline.core.workspaces.workspaces import Caller

API_KEY: Final = "X-API-Key"
PROTECTED: Final = "/api/"
# OAuth callbacks: browsers come from a platform without a key, and `state` identifies the workspace. Events of
# providers: they are signed.
OPEN: Final = (f"{oauth_flow.CALLBACK_PATH}/", f"{heygen_events.PATH}")
WINDOW_SECONDS: Final = 60
# Invalid keys that one address may send.
FAILED_ATTEMPTS: Final = Rate(30, WINDOW_SECONDS)
# Polling clients send the same key every two seconds: a query for each request would double the database's work.
CACHE_SECONDS: Final = 5.0
_MAX_CACHED: Final = 10_000


class Authentication:
    """Sets `state.caller` to the authenticated Caller. Raises Unauthorized, TooManyRequests."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._rate_limiter = RateLimiter()
        self._cache: dict[bytes, tuple[float, Caller]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _needs_key(scope["path"]):
            await self._authorize(scope)
        await self.app(scope, receive, send)

    async def _authorize(self, scope: Scope) -> None:
        key = Headers(scope=scope).get(API_KEY)
        if not key:
            raise Unauthorized(
                "This request needs an API key.", code="key_missing", remedy=f"Send your key in the {API_KEY} header."
            )
        caller = await self._cached_caller(key, address=scope["client"][0] if scope["client"] else "unknown")
        rate = Rate(caller.plan.requests_per_minute, WINDOW_SECONDS)
        result = await self._rate_limiter.take(f"key:{caller.api_key_id}", rate)
        scope["state"]["caller"] = caller
        scope["state"]["headers"].update(_headers(rate, result))
        if not result.allowed:
            raise too_many("Your plan's rate limit is exceeded.", result)

    async def _cached_caller(self, key: str, address: str) -> Caller:
        digest = workspaces.digest(key)
        until, caller = self._cache.get(digest, (0.0, None))
        if caller is None or until < time.monotonic():
            caller = await AUTHENTICATION.run(_authenticate, key, address)
            if len(self._cache) >= _MAX_CACHED:
                self._cache.clear()
            self._cache[digest] = (time.monotonic() + CACHE_SECONDS, caller)
        return caller


def _needs_key(path: str) -> bool:
    return path.startswith(PROTECTED) and not path.startswith(OPEN)


def _authenticate(key: str, address: str) -> Caller:
    try:
        with autocommit() as session:
            return workspaces.authenticate(session, key)
    except Unauthorized:
        result = rate_limits.take(f"address:{address}", FAILED_ATTEMPTS)
        if not result.allowed:
            raise too_many("Too many invalid keys came from your address.", result) from None
        raise


def too_many(detail: str, result: RateLimitResult) -> TooManyRequests:
    """The error of a request for which a bucket has no room."""
    return TooManyRequests(detail, remedy="Wait for the seconds in Retry-After.", retry_after=result.retry_after)


def _headers(rate: Rate, result: RateLimitResult) -> dict[str, str]:
    """The headers of draft-ietf-httpapi-ratelimit-headers."""
    return {
        "RateLimit-Policy": f'"default";q={rate.quota};w={rate.window}',
        "RateLimit": f'"default";r={result.remaining};t={math.ceil(result.reset_after)}',
    }
