"""Best posting times of an account by hour of the week, with a confidence, from the views of its posts.

The score of an hour of the week is the weighted mean of the posts around it (`core/twins/post_scores.py`): those at
that hour of that weekday count in full, those of neighboring hours and of the same hour on other days in part.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import figures
from content_pipeline.core.analytics.figures import Selection
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Account, SocialPost
from content_pipeline.core.twins import post_scores

DAYS: Final = 7
HOURS: Final = 24
# Weight of a post at this many hours from the hour, and of one on another weekday.
_BY_HOURS: Final = (1.0, 0.6, 0.2)
_OTHER_WEEKDAY: Final = 0.25


def _weights() -> NDArray[np.float64]:
    """How much a post counts for each hour of the week: by that hour, and by the hour at which it was published."""
    hours = np.arange(HOURS)
    apart = np.abs(hours[:, None] - hours)
    apart = np.minimum(apart, HOURS - apart)
    by_hours = np.array([*_BY_HOURS, 0.0])[np.minimum(apart, len(_BY_HOURS))]
    return np.kron(np.where(np.eye(DAYS), 1.0, _OTHER_WEEKDAY), by_hours)


_WEIGHTS: Final = _weights()


@dataclass(frozen=True, slots=True)
class Slot:
    """An hour of the week; `weekday` 0 is Monday. `index` is the expected result against the account's usual one (1.0);
    `confidence` the probability that it is better than usual, `posts` how many were made just then."""

    weekday: int
    hour: int
    index: float
    confidence: float
    posts: int


@dataclass(frozen=True, slots=True)
class BestTimes:
    """The best hours of an account, the best first. Empty for an account without posts that are two days old."""

    account: Account
    posts: int
    slots: Sequence[Slot]


def best_times(session: Session, asked: Selection, *, zone: ZoneInfo, limit: int) -> Sequence[BestTimes]:
    """The best hours, in a time zone, of each account that was asked for, by its posts of the last days.

    Raises as `figures.list_days` does.
    """
    figures.check(session, asked)
    accounts = session.scalars(
        select(Account).where(*figures.owned_by(asked, Account)).order_by(Account.platform, Account.created_at)
    ).all()
    twin = SocialPost.twin_id == asked.twin_id if asked.twin_id else true()
    results = _results(session, asked.start, *figures.owned_by(asked, SocialPost), twin)
    return [
        BestTimes(account, len(results[account.id]), rank(results[account.id], zone)[:limit]) for account in accounts
    ]


def of_account(session: Session, account: Account, *, days: int) -> BestTimes:
    """All hours in UTC, the best first, by an account's posts of the last days."""
    results = _results(session, now().date() - timedelta(days=days), SocialPost.account_id == account.id)[account.id]
    return BestTimes(account, len(results), rank(results, ZoneInfo("UTC")))


def _results(
    session: Session, since: date, *conditions: ColumnElement[bool]
) -> Mapping[UUID, list[tuple[datetime, int]]]:
    """When each ripe post of an account was published since a day, and its views."""
    latest = post_scores.latest_views()
    rows = session.execute(
        select(SocialPost.account_id, SocialPost.published_at, latest.c.views)
        .join(latest, true())
        .where(
            *conditions,
            SocialPost.published_at.between(datetime.combine(since, time(), UTC), now() - post_scores.RIPE),
        )
    )
    found: dict[UUID, list[tuple[datetime, int]]] = defaultdict(list)
    for account_id, published_at, views in rows:
        found[account_id].append((published_at, views))
    return found


def rank(results: Sequence[tuple[datetime, int]], zone: ZoneInfo) -> Sequence[Slot]:
    """All hours of the week in a time zone, the best first, by when posts were published and how often viewed."""
    if not results:
        return []
    local = [published_at.astimezone(zone) for published_at, _ in results]
    hours = [at.weekday() * HOURS + at.hour for at in local]
    scores = post_scores.score([views for _, views in results])
    spread = post_scores.spread(scores)
    # Posts and scores by hour of the week first: the weights are then the same for every account.
    made = np.bincount(hours, minlength=DAYS * HOURS)
    totals, weights = _WEIGHTS @ np.bincount(hours, scores, minlength=DAYS * HOURS), _WEIGHTS @ made
    slots = []
    for hour in range(DAYS * HOURS):
        found = post_scores.compare(totals[hour], weights[hour], spread=spread)
        slots.append(Slot(*divmod(hour, HOURS), found.index, found.confidence, int(made[hour])))
    return sorted(slots, key=lambda slot: (-slot.index, -slot.posts, slot.weekday, slot.hour))
