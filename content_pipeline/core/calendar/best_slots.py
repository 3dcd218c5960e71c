"""Schedules posts at the best times of an account, with a minimum distance between them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, Literal

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import best_times
from content_pipeline.core.analytics.best_times import BestTimes, Slot
from content_pipeline.core.calendar.states import PLANNED
from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Account, CalendarItem
from content_pipeline.core.settings import settings

# Clients send this in place of a time.
BEST: Final = "best"
Rule = Literal["best_time", "default"]

# Posts of one account that are closer compete for the same viewers.
DISTANCE: Final = timedelta(hours=3)
# A free time is looked for this far ahead.
HORIZON: Final = timedelta(weeks=26)
# The posts by which the best times are found, and how many are needed.
HISTORY_DAYS: Final = 90
MIN_POSTS: Final = 10
# Only hours that are better than usual with at least this confidence are used.
MIN_CONFIDENCE: Final = 0.7
# Where no good hours of an account are known, every day has these times in UTC: 17:00, which is evening in Europe and
# noon in America, and 12:00, which is noon in Europe.
_DEFAULT: Final = [
    Slot(weekday, hour, index=1, confidence=0.5, posts=0) for hour in (17, 12) for weekday in range(best_times.DAYS)
]

_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended(:holder, 0))")


def pick(session: Session, item: CalendarItem) -> tuple[datetime, dict[str, Any]]:
    """The next free good time of the item's account, and why: `rule`, `detail`, `index`, `confidence` and `posts`.

    Until the transaction ends, nothing else is picked for the platform's accounts in this workspace. Raises Conflict
    `no_free_time`.
    """
    account = session.get_one(Account, item.account_id) if item.account_id else None
    found = best_times.of_account(session, account, days=HISTORY_DAYS) if account else None
    good = _good_hours(found) if found else []
    earliest = now() + timedelta(seconds=settings().render_ahead_seconds)
    session.execute(_LOCK, {"holder": f"calendar:{item.workspace_id}:{item.platform}"})
    taken = _taken(session, item, earliest)
    for at, slot in _upcoming(earliest, good or _DEFAULT):
        if _is_free(at, taken):
            return at, _best_time(at, found, slot) if found and good else _default(at, found)
    raise Conflict(
        f"All good times of the next {HORIZON // timedelta(weeks=1)} weeks are taken.",
        code="no_free_time",
        remedy="Give a time, or cancel other items.",
    )


def _good_hours(found: BestTimes) -> Sequence[Slot]:
    """The hours that are surely better than usual, the best first."""
    if found.posts < MIN_POSTS:
        return []
    return [slot for slot in found.slots if slot.index > 1 and slot.confidence >= MIN_CONFIDENCE]


def _upcoming(earliest: datetime, hours: Sequence[Slot]) -> Iterator[tuple[datetime, Slot]]:
    """The coming times of these hours of the week, day by day, of each day in their order."""
    for number in range(HORIZON.days):
        day = earliest.date() + timedelta(days=number)
        for slot in hours:
            at = datetime.combine(day, time(slot.hour), UTC)
            if slot.weekday == day.weekday() and at >= earliest:
                yield at, slot


def _taken(session: Session, item: CalendarItem, since: datetime) -> Sequence[datetime]:
    """The times of other posts of the account, in order. An item without an account may go to any of its platform."""
    query = select(CalendarItem.scheduled_at).where(
        CalendarItem.workspace_id == item.workspace_id,
        CalendarItem.platform == item.platform,
        CalendarItem.id != item.id,
        CalendarItem.status.in_([*PLANNED, "published"]),
        CalendarItem.deleted_at.is_(None),
        CalendarItem.scheduled_at > since - DISTANCE,
    )
    if item.account_id:
        query = query.where(or_(CalendarItem.account_id == item.account_id, CalendarItem.account_id.is_(None)))
    return session.scalars(query.order_by(CalendarItem.scheduled_at)).all()


def _is_free(at: datetime, taken: Sequence[datetime]) -> bool:
    following = bisect_left(taken, at)
    return all(abs(at - other) >= DISTANCE for other in taken[max(following - 1, 0) : following + 1])


def _best_time(at: datetime, found: BestTimes, slot: Slot) -> dict[str, Any]:
    detail = (
        f"{at:%A} at {at:%H:%M} UTC, posts of {found.account.handle} get {slot.index:g} times its usual views: "
        f"{slot.confidence:.0%} sure, by {found.posts} posts."
    )
    return _reason("best_time", detail, found.posts, slot)


def _default(at: datetime, found: BestTimes | None) -> dict[str, Any]:
    if found is None:
        why = "No account is connected yet"
    elif found.posts < MIN_POSTS:
        why = f"{found.account.handle} has {found.posts} posts that are two days old, of at least {MIN_POSTS}"
    else:
        why = f"By {found.posts} posts of {found.account.handle}, no hour is surely better than others"
    return _reason("default", f"{why}: {at:%H:%M} UTC is a default.", found.posts if found else 0, None)


def _reason(rule: Rule, detail: str, posts: int, slot: Slot | None) -> dict[str, Any]:
    return {
        "rule": rule,
        "detail": detail,
        "index": slot and slot.index,
        "confidence": slot and slot.confidence,
        "posts": posts,
    }
