"""In-process rate limiter, synchronized with the database's shared buckets twice a second.

A statement and a thread pool hop per request are expensive: 16 clients that poll with 16 keys got 0.38 of the
throughput of a bare route with one SELECT, and 0.53 with local counting (bench/polling.py measures the ratio). In
return, a key that calls several processes can exceed its quota by what it sends between two synchronizations.
"""

import asyncio
import math
import time
from dataclasses import dataclass
from typing import Final

import structlog
from anyio.lowlevel import RunVar

from api.limits.concurrency.thread_pools import AUTHENTICATION
from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.infrastructure import rate_limits
from content_pipeline.core.infrastructure.database import UNREACHABLE
from content_pipeline.core.infrastructure.jitter import jitter
from content_pipeline.core.infrastructure.rate_limits import Rate, RateLimitResult, allowed, refused

log = structlog.get_logger()

SYNC_SECONDS: Final = 0.5
# Buckets that have been empty for this long are dropped from memory.
KEPT_SECONDS: Final = 60.0
# Added to Retry-After at most. The bucket drains meanwhile, so that a client loses no throughput by it.
JITTER_SECONDS: Final = 5.0


@dataclass
class _Bucket:
    """`empty_at` is on this process's monotonic clock; `unsynced` is the cost in seconds not yet in the database."""

    empty_at: float
    unsynced: float = 0.0

    def take(self, rate: Rate, amount: int) -> RateLimitResult:
        now = time.monotonic()
        before, cost = max(self.empty_at - now, 0.0), rate.cost * amount
        filled = before + cost
        # Half a unit of tolerance, as in core/infrastructure/rate_limits.py.
        if filled > rate.window + rate.cost / 2:
            return refused(rate, before, amount)
        self.empty_at = now + filled
        self.unsynced += cost
        return allowed(rate, filled)


class RateLimiter:
    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}
        self._loading: RunVar[dict[str, asyncio.Task[None]]] = RunVar("buckets that are being loaded")
        self._syncing: asyncio.Task[None] | None = None

    async def take(self, name: str, rate: Rate, amount: int = 1) -> RateLimitResult:
        """Like `rate_limits.take`, but reads the database only for a bucket that is not in memory.

        `amount`: how many units of the quota are taken, all or none.
        """
        if name not in self._buckets:
            await self._load_once(name)
        result = self._buckets[name].take(rate, amount)
        if self._syncing is None or self._syncing.done():
            self._syncing = asyncio.create_task(self._sync_later())
        return result

    async def _load_once(self, name: str) -> None:
        """Load a bucket, once for all requests that come meanwhile: they would lock one row, each in a thread that
        checks keys."""
        try:
            loading = self._loading.get()
        except LookupError:  # the first one in this event loop
            loading = {}
            self._loading.set(loading)
        if name not in loading:
            loading[name] = asyncio.create_task(self._load(name))
            loading[name].add_done_callback(lambda _: loading.pop(name))
        await asyncio.shield(loading[name])

    async def _load(self, name: str) -> None:
        filled = await AUTHENTICATION.run(rate_limits.charge, {name: 0.0})
        self._buckets.setdefault(name, _Bucket(time.monotonic() + filled[name]))

    async def _sync_later(self) -> None:
        await asyncio.sleep(SYNC_SECONDS)
        try:
            await self.sync()
        except UNREACHABLE as error:  # the next synchronization charges it
            log.warning("rate_limits_not_synced", reason=type(error).__name__)

    async def sync(self) -> None:
        """Charge the requests admitted here to the database, and read what other processes admitted."""
        taken = {name: bucket.unsynced for name, bucket in self._buckets.items() if bucket.unsynced}
        filled = await AUTHENTICATION.run(rate_limits.charge, taken)
        now = time.monotonic()
        for name, seconds in filled.items():
            bucket = self._buckets[name]
            bucket.unsynced -= taken[name]
            bucket.empty_at = now + seconds + bucket.unsynced
        self._buckets = {name: bucket for name, bucket in self._buckets.items() if bucket.empty_at > now - KEPT_SECONDS}


def too_many(detail: str, result: RateLimitResult) -> TooManyRequests:
    """The error of a request for which a bucket has no room."""
    seconds = math.ceil(result.retry_after + jitter(JITTER_SECONDS))
    return TooManyRequests(detail, remedy="Wait for the seconds in Retry-After.", retry_after=seconds)
