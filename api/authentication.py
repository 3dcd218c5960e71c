"""The gate before everything that needs a key: who calls, and whether they may call again now.

It stands before the router, so that a body is not read for somebody without a key, and that an answer
carries the rate-limit headers whatever becomes of the request.
"""

import math
import time
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.rate_limiter import RateLimiter
from content_pipeline.core import rate_limits
from content_pipeline.core.accounts import oauth_flow
from content_pipeline.core.database import autocommit
from content_pipeline.core.errors import TooManyRequests, Unauthorized
from content_pipeline.core.rate_limits import Rate, RateLimitResult
from content_pipeline.core.workspaces import workspaces
from content_pipeline.core.workspaces.workspaces import Caller

API_KEY: Final = "X-API-Key"
PROTECTED: Final = "/api/"
# A browser comes here from a platform: it has no key, and its `state` says whose it is.
OPEN: Final = f"{oauth_flow.CALLBACK_PATH}/"
WINDOW_SECONDS: Final = 60
# Wrong keys that one address may try.
FAILED_ATTEMPTS: Final = Rate(30, WINDOW_SECONDS)
# Polling clients send the same key every two seconds: asking the database each time would double its work.
BELIEVED_SECONDS: Final = 5.0
_MOST_BELIEVED: Final = 10_000


class Authentication:
    """Puts the Caller into `state.caller`. Raises Unauthorized, TooManyRequests."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._turnstile = RateLimiter()
        self._believed: dict[bytes, tuple[float, Caller]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _needs_key(scope["path"]):
            await self._admit(scope)
        await self.app(scope, receive, send)

    async def _admit(self, scope: Scope) -> None:
        key = Headers(scope=scope).get(API_KEY)
        if not key:
            raise Unauthorized(
                "This needs an API key.", code="key_missing", remedy=f"Send your key in the {API_KEY} header."
            )
        caller = await self._caller(key, address=scope["client"][0] if scope["client"] else "unknown")
        rate = Rate(caller.plan.requests_per_minute, WINDOW_SECONDS)
        standing = await self._turnstile.take(f"key:{caller.api_key_id}", rate)
        scope["state"]["caller"] = caller
        scope["state"]["headers"].update(_headers(rate, standing))
        if not standing.allowed:
            raise _too_many("Your plan's requests of this minute are used up.", standing)

    async def _caller(self, key: str, address: str) -> Caller:
        digest = workspaces.digest(key)
        until, caller = self._believed.get(digest, (0.0, None))
        if caller is None or until < time.monotonic():
            caller = await run_in_threadpool(_authenticate, key, address)
            if len(self._believed) >= _MOST_BELIEVED:
                self._believed.clear()
            self._believed[digest] = (time.monotonic() + BELIEVED_SECONDS, caller)
        return caller


def _needs_key(path: str) -> bool:
    return path.startswith(PROTECTED) and not path.startswith(OPEN)


def _authenticate(key: str, address: str) -> Caller:
    try:
        with autocommit() as session:
            return workspaces.authenticate(session, key)
    except Unauthorized:
        standing = rate_limits.take(f"address:{address}", FAILED_ATTEMPTS)
        if not standing.allowed:
            raise _too_many("Too many wrong keys came from your address.", standing) from None
        raise


def _too_many(detail: str, standing: RateLimitResult) -> TooManyRequests:
    return TooManyRequests(detail, remedy="Wait as long as Retry-After says.", retry_after=standing.retry_after)


def _headers(rate: Rate, standing: RateLimitResult) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers has them."""
    return {
        "RateLimit-Policy": f'"default";q={rate.quota};w={rate.window}',
        "RateLimit": f'"default";r={standing.remaining};t={math.ceil(standing.reset_after)}',
    }
