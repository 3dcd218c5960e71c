"""Rate limits that hold across processes: the generic cell rate algorithm in one SQL statement.

A bucket is one row: the moment at which it is empty again. Each request moves that moment on by the cost
of one request, and is refused when it would come to lie more than a window ahead. `take` does that in the
database, exactly; whoever lets in hundreds a second counts by itself and tells by `settle` (api/rate_limiter.py).

The time is the database's own, like that of a lease: hosts disagree about the time, and moving the business
clock must neither open nor close a bucket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from content_pipeline.core.database import autocommit


@dataclass(frozen=True)
class Rate:
    """`quota` requests per `window` seconds."""

    quota: int
    window: float

    @property
    def cost(self) -> float:
        """Seconds until one request is made up for."""
        return self.window / self.quota


@dataclass(frozen=True)
class RateLimitResult:
    """How a bucket stands after a request asked for its place."""

    allowed: bool
    remaining: int  # requests that could follow at once
    reset_after: float  # seconds until the whole quota is there again
    retry_after: float  # seconds until the next request passes


# Half a request of tolerance: costs are rounded to microseconds, and without it the last request of a quota
# that does not divide the window is refused.
_TAKE: Final = text(
    "insert into rate_limits as kept (bucket, empty_at) values (:bucket, now() + make_interval(secs => :cost))"
    " on conflict (bucket) do update set empty_at = greatest(kept.empty_at, now()) + make_interval(secs => :cost)"
    " where kept.empty_at < now() + make_interval(secs => :window - :cost / 2)"
    " returning extract(epoch from empty_at - now())::float8"
)
# Ordered, so that two processes with the same buckets do not wait for each other's rows crosswise.
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
    """Ask for the place of one request.

    Commits by itself: within the caller's transaction the row would stay locked as long as the request runs,
    and a refused or failed request would get its place back.
    """
    values = {"bucket": bucket, "cost": rate.cost, "window": rate.window}
    with autocommit() as session:
        filled: float | None = session.scalar(_TAKE, values)
        if filled is not None:
            return allowed(rate, filled)
        return refused(rate, session.scalar(_LOOK, {"bucket": bucket}) or 0.0)


def charge(taken: Mapping[str, float]) -> dict[str, float]:
    """Fill buckets by the cost of what was let in already, each in seconds. Returns how full they are now.

    Full is seconds until a bucket is empty again; it may be more than its window, since nobody was refused.
    """
    with autocommit() as session:
        rows = session.execute(_SETTLE, {"buckets": list(taken), "costs": list(taken.values())})
        return {row.bucket: row.filled for row in rows}


def sweep() -> None:
    """Forget the buckets that are empty."""
    with autocommit() as session:
        session.execute(_SWEEP)


def allowed(rate: Rate, filled: float) -> RateLimitResult:
    """The standing of a request that filled its bucket to `filled` seconds."""
    return RateLimitResult(
        allowed=True, remaining=int((rate.window - filled) / rate.cost + 0.5), reset_after=filled, retry_after=0.0
    )


def refused(rate: Rate, filled: float) -> RateLimitResult:
    """The standing of a request for which there is no room in a bucket of `filled` seconds."""
    return RateLimitResult(
        allowed=False, remaining=0, reset_after=filled, retry_after=max(filled + rate.cost / 2 - rate.window, 0.0)
    )
