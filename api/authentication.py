"""API key authentication middleware; also applies the key's rate limit, and that of OAuth callbacks, which have no key.

It runs before the router, so that no body is read without a valid key, and so that error responses carry the
rate-limit headers too.
"""

import math
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.caller_cache import CallerCache
from api.context import PRIVATE_HEADERS
from api.key_usage import KeyUsage
from api.limits.client_network import network_of
from api.limits.concurrency.thread_pools import AUTHENTICATION
from api.limits.rate_limiter import RateLimiter, too_many
from api.route_path import route_path
from content_pipeline.core.avatars import heygen_events
from content_pipeline.core.errors import Unauthorized
from content_pipeline.core.infrastructure import rate_limits
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.infrastructure.rate_limits import Rate, RateLimitResult
from content_pipeline.core.platforms.accounts import oauth_flow
from content_pipeline.core.workspaces import api_keys, workspaces
from content_pipeline.core.workspaces.caller import Caller

API_KEY: Final = "X-API-Key"
PROTECTED: Final = "/api/"
# Clients of MCP send the key as a bearer token, if they cannot set other headers.
MCP_PATH: Final = "/mcp"
_BEARER: Final = "bearer "
# OAuth callbacks: browsers come from a platform without a key, and `state` identifies the workspace. Events of
# providers: they are signed.
OPEN: Final = (f"{oauth_flow.CALLBACK_PATH}/", f"{heygen_events.PATH}")
WINDOW_SECONDS: Final = 60
# Invalid keys that one address may send.
FAILED_ATTEMPTS: Final = Rate(30, WINDOW_SECONDS)
# OAuth callbacks of one address. Nobody connects an account a second; who guesses a `state` asks more often. They are
# counted before a thread or the body is taken: 400 connections of an address waited for one row of the database, with
# the threads of all.
CALLBACKS: Final = Rate(60, WINDOW_SECONDS)


class Authentication:
    """Sets `state.caller` to the authenticated Caller, and `state.callers_version` to that of the cache before it was
    looked up. Raises Unauthorized, TooManyRequests."""

    def __init__(self, app: ASGIApp, callers: CallerCache) -> None:
        self.app = app
        self._rate_limiter = RateLimiter()
        self._callers = callers
        self._key_usage = KeyUsage()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = route_path(scope)
            if _needs_key(path):
                await self._authorize(scope)
            elif path.startswith(oauth_flow.CALLBACK_PATH):
                await self._limit_callbacks(scope)
        await self.app(scope, receive, send)

    async def _authorize(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        key = sent_key(headers) if route_path(scope) == MCP_PATH else headers.get(API_KEY)
        if not key:
            raise key_missing()
        scope["state"]["callers_version"] = self._callers.version
        caller = await self._cached_caller(key, _network(scope))
        caller.check_not_expired()
        self._key_usage.note(caller.api_key_id)
        rate = Rate(caller.plan.requests_per_minute, WINDOW_SECONDS)
        result = await self._rate_limiter.take(f"key:{caller.api_key_id}", rate)
        scope["state"]["caller"] = caller
        scope["state"]["headers"].update(_headers(rate, result))
        if not result.allowed:
            raise too_many("Your plan's rate limit is exceeded.", result)

    async def _limit_callbacks(self, scope: Scope) -> None:
        result = await self._rate_limiter.take(f"callback:{_network(scope)}", CALLBACKS)
        if not result.allowed:
            scope["state"]["headers"].update(PRIVATE_HEADERS)
            raise too_many("Too many accounts are being connected from your address.", result)

    async def _cached_caller(self, key: str, network: str) -> Caller:
        digest = api_keys.digest(key)
        if caller := self._callers.get(digest):
            return caller
        version = self._callers.version
        caller = await AUTHENTICATION.run(_authenticate, key, network)
        self._callers.keep(digest, caller, version)
        return caller


def sent_key(headers: Headers) -> str | None:
    """The key of a request to `/mcp`: its own header, or a bearer token."""
    authorization = headers.get("Authorization", "")
    is_bearer = authorization[: len(_BEARER)].lower() == _BEARER
    return headers.get(API_KEY) or (authorization[len(_BEARER) :].strip() if is_bearer else None)


def key_missing() -> Unauthorized:
    """The error of a request without a key."""
    return Unauthorized(
        "This request needs an API key.", code="key_missing", remedy=f"Send your key in the {API_KEY} header."
    )


def _needs_key(path: str) -> bool:
    return path == MCP_PATH or (path.startswith(PROTECTED) and not path.startswith(OPEN))


def _network(scope: Scope) -> str:
    return network_of(scope["client"][0]) if scope["client"] else "unknown"


def _authenticate(key: str, network: str) -> Caller:
    try:
        with autocommit() as session:
            return workspaces.authenticate(session, key)
    except Unauthorized:
        result = rate_limits.take(f"address:{network}", FAILED_ATTEMPTS)
        if not result.allowed:
            raise too_many("Too many invalid keys came from your address.", result) from None
        raise


def _headers(rate: Rate, result: RateLimitResult) -> dict[str, str]:
    """The headers of draft-ietf-httpapi-ratelimit-headers."""
    return {
        "RateLimit-Policy": f'"default";q={rate.quota};w={rate.window}',
        "RateLimit": f'"default";r={result.remaining};t={math.ceil(result.reset_after)}',
    }
