"""Rate limits shared by all processes: the generic cell rate algorithm (GCRA) in one SQL statement.

A bucket is one row with the time at which it is empty again. Each request adds its cost to that time, and is refused
when the result would be more than a window ahead. `take` does that in the database, exactly. The API, with hundreds of
requests a second, counts locally and reports what it admitted with `charge` (api/limits/rate_limiter.py).

Times are the database's: hosts' clocks disagree, and moving the application clock must not change a bucket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from content_pipeline.core.infrastructure.database import autocommit


@dataclass(frozen=True)
class Rate:
    """`quota` units per `window` seconds. A request takes one, or as many as it has of what is limited."""

    quota: int
    window: float

    @property
    def cost(self) -> float:
        """Seconds for which one unit fills a bucket."""
        return self.window / self.quota


@dataclass(frozen=True)
class RateLimitResult:
    """Result of one request: whether it is allowed, and the state of its bucket."""

    allowed: bool
    remaining: int  # requests that are allowed at once after this one
    reset_after: float  # seconds until the whole quota is available
    retry_after: float  # seconds until the next request is allowed


# Half a request of tolerance: costs are rounded to microseconds, which would refuse the last request of a quota that
# does not divide the window.
_TAKE: Final = text(
    "insert into rate_limits as kept (bucket, empty_at) values (:bucket, now() + make_interval(secs => :cost))"
    " on conflict (bucket) do update set empty_at = greatest(kept.empty_at, now()) + make_interval(secs => :cost)"
    " where kept.empty_at < now() + make_interval(secs => :window - :cost / 2)"
    " returning extract(epoch from empty_at - now())::float8"
)
# Ordered, so that two processes with the same buckets do not deadlock.
_SETTLE: Final = text(
    "insert into rate_limits as kept (bucket, empty_at)"
    " select bucket, now() + make_interval(secs => cost)"
    " from unnest(cast(:buckets as text[]), cast(:costs as float8[])) as taken (bucket, cost) order by bucket"
    " on conflict (bucket) do update set empty_at = greatest(kept.empty_at, now()) + (excluded.empty_at - now())"
    " returning bucket, extract(epoch from empty_at - now())::float8 as filled"
)
_LOOK: Final = text("select extract(epoch from empty_at - now())::float8 from rate_limits where bucket = :bucket")
_SWEEP: Final = text("delete from rate_limits where empty_at < now()")


def take(bucket: str, rate: Rate) -> RateLimitResult:
    """Count one request, if the bucket has room for it.

    Commits immediately: in the caller's transaction the row would stay locked while the request runs, and a rollback
    would undo the count.
    """
    values = {"bucket": bucket, "cost": rate.cost, "window": rate.window}
    with autocommit() as session:
        filled: float | None = session.scalar(_TAKE, values)
        if filled is not None:
            return allowed(rate, filled)
        return refused(rate, session.scalar(_LOOK, {"bucket": bucket}) or 0.0)


def charge(taken: Mapping[str, float]) -> dict[str, float]:
    """Add the cost (seconds) of requests that were already admitted to each bucket. Returns how full each is now.

    That is in seconds until the bucket is empty, and may exceed the window, since nothing was refused.
    """
    with autocommit() as session:
        rows = session.execute(_SETTLE, {"buckets": list(taken), "costs": list(taken.values())})
        return {row.bucket: row.filled for row in rows}


def seconds_filled(bucket: str) -> float:
    """Seconds until a bucket is empty."""
    with autocommit() as session:
        return max(session.scalar(_LOOK, {"bucket": bucket}) or 0.0, 0.0)


def sweep() -> None:
    """Delete the rows of empty buckets."""
    with autocommit() as session:
        session.execute(_SWEEP)


def allowed(rate: Rate, filled: float) -> RateLimitResult:
    """The result for a request that filled its bucket to `filled` seconds."""
    return RateLimitResult(
        allowed=True, remaining=int((rate.window - filled) / rate.cost + 0.5), reset_after=filled, retry_after=0.0
    )


def refused(rate: Rate, filled: float, amount: int = 1) -> RateLimitResult:
    """The result for a request for `amount` units, which do not fit into a bucket of `filled` seconds."""
    retry_after = max(filled + rate.cost * (amount - 0.5) - rate.window, 0.0)
    return RateLimitResult(allowed=False, remaining=0, reset_after=filled, retry_after=retry_after)
