"""Queries metrics of all workspaces together, for Dagster's metadata and checks."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content_pipeline.core.analytics.figures import DayFigures
from content_pipeline.core.analytics.outliers import DAYS, Limits, limits
from content_pipeline.core.models import Account, DailyMetric, DailyPostMetric, MetricSnapshot
from content_pipeline.core.platforms.insights import Metric

_SHOWN: Final[Sequence[Metric]] = ("views", "likes", "comments", "shares", "followers", "followers_gained")


class ComparedDay(NamedTuple):
    """The views of all accounts of a platform on a day, and the limits that the four weeks before set."""

    platform: str
    day: date
    views: float
    limits: Limits

    @property
    def is_unusual(self) -> bool:
        return not self.limits.contain(self.views)


def list_views(session: Session, first: date, last: date) -> Sequence[DayFigures]:
    """The views of each platform on each day that has figures."""
    views, estimated = (
        func.sum(DailyMetric.views).label("views"),
        func.bool_or(DailyMetric.estimated).label("estimated"),
    )
    rows = (
        select(Account.platform, DailyMetric.day, views, estimated)
        .join(Account, Account.id == DailyMetric.account_id)
        .where(DailyMetric.day.between(first, last))
        .group_by(Account.platform, DailyMetric.day)
    )
    return [
        DayFigures(row.platform, row.day, {"views": None if row.views is None else int(row.views)}, row.estimated)
        for row in session.execute(rows)
    ]


def totals_by_day(session: Session, first: date, last: date) -> Mapping[date, Mapping[str, int]]:
    """The accounts and posts that have figures of each day, and the sums of those that are known."""
    sums = [func.sum(getattr(DailyMetric, metric)).label(metric) for metric in _SHOWN]
    accounts = select(DailyMetric.day, func.count().label("accounts"), *sums).where(
        DailyMetric.day.between(first, last)
    )
    posts = select(DailyPostMetric.day, func.count().label("posts")).where(DailyPostMetric.day.between(first, last))
    found: dict[date, dict[str, int]] = {}
    for query in (accounts.group_by(DailyMetric.day), posts.group_by(DailyPostMetric.day)):
        for row in session.execute(query).mappings():
            known = {name: int(value) for name, value in row.items() if name != "day" and value is not None}
            found.setdefault(row["day"], {}).update(known)
    return found


def compare_views(views: Sequence[DayFigures], last: date) -> Sequence[ComparedDay]:
    """The newest known day of each platform that is not after `last`, with the limits that the days before set.

    Platforms of which less than two weeks are known are left out, and those that have said nothing for a week.
    """
    by_platform: dict[str, dict[date, float]] = {}
    for row in views:
        if (count := row.figures["views"]) is not None and row.day <= last:
            by_platform.setdefault(row.platform, {})[row.day] = count
    compared = []
    for platform, known in sorted(by_platform.items()):
        day = max(known)
        usual = limits([known.get(day - timedelta(number)) for number in range(1, DAYS + 1)])
        if usual and last - day < timedelta(days=7):
            compared.append(ComparedDay(platform, day, known[day], usual))
    return compared


def sum_followers(session: Session, platform: str) -> int | None:
    """The followers of all connected accounts of a platform, as of their last readings."""
    latest = (
        select(MetricSnapshot.followers)
        .where(
            MetricSnapshot.account_id == Account.id,
            MetricSnapshot.social_post_id.is_(None),
            MetricSnapshot.followers.is_not(None),
        )
        .order_by(MetricSnapshot.taken_at.desc())
        .limit(1)
        .lateral()
    )
    rows = select(func.sum(latest.c.followers)).select_from(Account).join(latest, latest.c.followers.is_not(None))
    found = session.scalar(rows.where(Account.platform == platform, Account.status != "disconnected"))
    return None if found is None else int(found)
