"""Rate limits that hold across processes: the generic cell rate algorithm in one SQL statement.

A bucket is one row: the moment at which it is empty again. Each request moves that moment on by the cost
of one request, and is refused when it would come to lie more than a window ahead.

The time is the database's own, like that of a lease: hosts disagree about the time, and moving the business
clock must neither open nor close a bucket.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

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
class Standing:
    """How a bucket stands after a request asked for its place."""

    allowed: bool
    remaining: int  # requests that could follow at once
    full_after: float  # seconds until the whole quota is there again
    retry_after: float  # seconds until the next request passes


# Half a request of tolerance: costs are rounded to microseconds, and without it the last request of a quota
# that does not divide the window is refused.
_TAKE: Final = text(
    "insert into rate_limits as kept (bucket, empty_at) values (:bucket, now() + make_interval(secs => :asked))"
    " on conflict (bucket) do update set empty_at = greatest(kept.empty_at, now()) + make_interval(secs => :asked)"
    " where kept.empty_at < now() + make_interval(secs => :window + :cost / 2 - :asked)"
    " returning extract(epoch from empty_at - now())::float8"
)
_LOOK: Final = text("select extract(epoch from empty_at - now())::float8 from rate_limits where bucket = :bucket")
_SWEEP: Final = text("delete from rate_limits where empty_at < now()")


def take(bucket: str, rate: Rate) -> Standing:
    """Ask for the place of one request.

    Commits by itself: within the caller's transaction the row would stay locked as long as the request runs,
    and a refused or failed request would get its place back.
    """
    with autocommit() as session:
        filled = _fill(session, bucket, rate, 1)
        if filled is not None:
            return _allowed(rate, filled)
        filled = session.scalar(_LOOK, {"bucket": bucket}) or 0.0
    return Standing(
        allowed=False, remaining=0, full_after=filled, retry_after=max(filled + rate.cost / 2 - rate.window, 0.0)
    )


def take_many(bucket: str, rate: Rate, places: int) -> list[Standing]:
    """As that many calls of `take`, in one statement as long as there is room for all of them."""
    if 1 < places <= rate.quota:
        with autocommit() as session:
            filled = _fill(session, bucket, rate, places)
        if filled is not None:
            return [_allowed(rate, filled - rate.cost * behind) for behind in reversed(range(places))]
    return [take(bucket, rate) for _ in range(places)]


def sweep() -> None:
    """Forget the buckets that are empty."""
    with autocommit() as session:
        session.execute(_SWEEP)


def _fill(session: Session, bucket: str, rate: Rate, places: int) -> float | None:
    """Seconds until the bucket is empty, now that so many requests are in it; None when there is no room for them."""
    asked = rate.cost * places
    values = {"bucket": bucket, "asked": asked, "cost": rate.cost, "window": rate.window}
    filled: float | None = session.scalar(_TAKE, values)
    return filled


def _allowed(rate: Rate, filled: float) -> Standing:
    return Standing(
        allowed=True, remaining=int((rate.window - filled) / rate.cost + 0.5), full_after=filled, retry_after=0.0
    )
