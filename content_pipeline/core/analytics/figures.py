"""Queries daily metrics by platform and UTC day, and period totals compared with the previous period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Label, RowMapping, Select, false, func, literal, select, true, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from content_pipeline.core.analytics.figure_columns import COUNTS, METRICS
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Account, DailyMetric, DailyPostMetric, SocialPost
from content_pipeline.core.platforms.insights import Metric
from content_pipeline.core.twins import twins

# How long daily figures are kept: two years, so that a year can be compared with the one before.
DAYS_KEPT: Final = 731

Values = Mapping[Metric, float | None]


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The figures of all accounts of a platform on one day; None where no account's is known.

    `estimated`: of some account, they are a share of what was measured over a longer time.
    """

    platform: str
    day: date
    figures: Values
    estimated: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of a period, and of the period of the same length before it. Followers are those at the end."""

    current: Values
    previous: Values

    @property
    def deltas(self) -> Values:
        """The change of each metric; None where one of both values is not known."""
        return {metric: _difference(self.current[metric], self.previous[metric]) for metric in METRICS}

    @property
    def percent(self) -> Values:
        """The same in percent of the previous period; None where that is zero."""
        return {metric: _percent(delta, self.previous[metric]) for metric, delta in self.deltas.items()}


@dataclass(frozen=True, slots=True)
class Summary:
    """The totals from `start` to `end`, both included."""

    start: date
    end: date
    overall: Totals
    platforms: Mapping[str, Totals]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for: the last `days` days, today included, of one platform or of all on which the workspace has
    accounts. With a twin only what its posts brought."""

    workspace_id: UUID
    days: int
    platform: str | None = None
    twin_id: UUID | None = None
    end: date = field(default_factory=lambda: now().date())

    @property
    def start(self) -> date:
        return self.end - timedelta(days=self.days - 1)


def list_days(session: Session, asked: Selection) -> Sequence[DayFigures]:
    """Every day of every platform that was asked for, by day and platform.

    Raises Invalid `days_not_kept`, NotFound for an unknown twin.
    """
    check(session, asked)
    stored = source(asked).subquery()
    dates = select(func.generate_series(asked.start, asked.end, timedelta(days=1)).label("day")).subquery()
    shown = platforms(asked).subquery()
    estimated = func.coalesce(func.bool_or(stored.c.estimated), false())
    rows = (
        select(shown.c.platform, dates.c.day, *sums(stored), estimated.label("estimated"))
        .select_from(shown.join(dates, true()))
        .outerjoin(stored, (stored.c.platform == shown.c.platform) & (stored.c.day == dates.c.day))
        .group_by(shown.c.platform, dates.c.day)
        .order_by(dates.c.day, shown.c.platform)
    )
    return [
        DayFigures(row["platform"], row["day"].date(), values(row), row["estimated"])
        for row in session.execute(rows).mappings()
    ]


def summarize(session: Session, asked: Selection) -> Summary:
    """The totals of the period, and of as many days before. Raises as `list_days` does."""
    check(session, asked, periods=2)
    days = source(asked).subquery()
    is_current = (days.c.day >= asked.start).label("is_current")
    accounts = (
        select(
            days.c.platform,
            days.c.account_id,
            is_current,
            *sums(days, followers=_latest(days.c.followers, days.c.day)),
        )
        .where(days.c.day.between(asked.start - timedelta(days=asked.days), asked.end))
        .group_by(days.c.platform, days.c.account_id, is_current)
        .subquery()
    )
    by_platform, overall = tuple_(accounts.c.platform, accounts.c.is_current), tuple_(accounts.c.is_current)
    rows = select(accounts.c.platform, accounts.c.is_current, *sums(accounts)).group_by(
        func.grouping_sets(by_platform, overall)
    )
    found = {(row["platform"], row["is_current"]): values(row) for row in session.execute(rows).mappings()}
    unknown = dict.fromkeys(METRICS)

    def totals(platform: str | None) -> Totals:
        return Totals(found.get((platform, True), unknown), found.get((platform, False), unknown))

    shown = session.scalars(platforms(asked).order_by("platform")).all()
    return Summary(asked.start, asked.end, totals(None), {platform: totals(platform) for platform in shown})


def _difference(current: float | None, previous: float | None) -> float | None:
    return None if current is None or previous is None else current - previous


def _percent(delta: float | None, of: float | None) -> float | None:
    return round(100 * delta / abs(of), 1) if delta is not None and of else None


def check(session: Session, asked: Selection, *, periods: int = 1) -> None:
    """Raises Invalid `days_not_kept` when so many periods are longer than what is kept, NotFound for the twin."""
    if periods * asked.days > DAYS_KEPT:
        raise Invalid(
            f"Figures are kept for {DAYS_KEPT} days.",
            code="days_not_kept",
            remedy=f"Ask for up to {DAYS_KEPT // periods} days.",
        )
    if asked.twin_id:
        twins.get(session, asked.workspace_id, asked.twin_id)


def source(asked: Selection) -> Select[Any]:
    """The daily figures of the workspace's accounts, or of the twin's posts."""
    if asked.twin_id is None:
        days = select(Account.platform, *_columns(DailyMetric)).join(DailyMetric, DailyMetric.account_id == Account.id)
        return days.where(*owned_by(asked, Account))
    of_posts = DailyPostMetric.social_post_id == SocialPost.id
    days = select(SocialPost.platform, *_columns(DailyPostMetric)).join(DailyPostMetric, of_posts)
    return days.where(*owned_by(asked, SocialPost), SocialPost.twin_id == asked.twin_id)


def owned_by(asked: Selection, table: type[Account | SocialPost]) -> Sequence[ColumnElement[bool]]:
    """The conditions for rows of the workspace, and of the platform if one is asked for."""
    is_platform = table.platform == asked.platform if asked.platform else true()
    return [table.workspace_id == asked.workspace_id, is_platform]


def _columns(table: type[DailyMetric | DailyPostMetric]) -> Sequence[Any]:
    return [table.account_id, table.day, table.estimated, *(getattr(table, metric) for metric in METRICS)]


def platforms(asked: Selection) -> Select[Any]:
    """The platforms that are shown: the one that was asked for, or all on which the workspace has accounts."""
    if asked.platform:
        return select(literal(asked.platform).label("platform"))
    return select(Account.platform).where(Account.workspace_id == asked.workspace_id).distinct()


def sums(source: FromClause, **instead: ColumnElement[Any]) -> Sequence[Label[Any]]:
    """The sum of each metric, null where all of its values are; the average view is weighted by views."""
    columns = source.c
    known = func.nullif(func.sum(columns.views).filter(columns.average_view_seconds.is_not(None)), 0)
    average = func.sum(columns.average_view_seconds * columns.views) / known
    values = {metric: func.sum(columns[metric]) for metric in METRICS} | {"average_view_seconds": average} | instead
    return [value.label(metric) for metric, value in values.items()]


def _latest(value: ColumnElement[Any], day: ColumnElement[Any]) -> ColumnElement[Any]:
    """The last value that is known."""
    return func.array_agg(aggregate_order_by(value, day.desc())).filter(value.is_not(None))[1]


def values(row: RowMapping) -> Values:
    """The metrics of a row. PostgreSQL's sums of whole numbers are Decimal."""
    return {
        metric: None if (value := row[metric]) is None else int(value) if metric in COUNTS else float(value)
        for metric in METRICS
    }
