"""Queries daily metrics by the days of a time zone, and period totals compared with the previous period.

Figures are stored by UTC day, and what a platform says of a day by that platform's own. A day of another time zone has
its share of both, in proportion to time (docs/decisions/0022-analytics-in-windows.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise, repeat
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Date, Double, FromClause, RowMapping, case, cast, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import figures, measured_periods, windows
from content_pipeline.core.analytics.day_shares import Array, Shares, Span, days_of, shares, spans, split
from content_pipeline.core.analytics.figure_columns import COUNTS, METRICS
from content_pipeline.core.analytics.figures import DayFigures, Selection, Summary, Totals, Values
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Account, DailyMetric, ReportedDay
from content_pipeline.core.platforms.registry import PLATFORMS

UTC_ZONE: Final = ZoneInfo("UTC")
# An average is divided as the seconds viewed and the views that they are of. Followers are a level.
_DIVISIBLE: Final = (
    *(metric for metric in METRICS if metric not in ("followers", "average_view_seconds")),
    "viewed_seconds",
    "viewed",
)
_IS_COUNT: Final = np.array([name in COUNTS for name in _DIVISIBLE])
_DAY: Final = timedelta(days=1)


class _Stored(NamedTuple):
    """What is stored of a platform. Each group of days has two rows of `values`: the second half is of what the
    platform has said of its own days. `followers` and `estimated` are by group."""

    values: Array
    followers: Sequence[float | None]
    estimated: Sequence[bool]


def list_days(session: Session, asked: Selection, zone: ZoneInfo) -> Sequence[DayFigures]:
    """Every day of every platform that was asked for, today in the time zone included, by day and platform.

    Raises as `figures.list_days` does.
    """
    if zone == UTC_ZONE:
        return figures.list_days(session, asked)
    figures.check(session, asked)
    asked = replace(asked, end=now().astimezone(zone).date())
    targets = days_of(zone, asked.start, asked.days)
    # A day of a time zone touches the UTC day of its date, and the one before or after it.
    borders = [asked.start + _DAY * number for number in range(-1, asked.days + 2)]
    stored = _read(session, asked, borders)
    today = now().date()
    lasts = [_nearest_utc_day(target, today) for target in targets]
    days = [asked.start + _DAY * number for number in range(asked.days)]
    found: list[DayFigures] = []
    for platform, parts in _parts(stored, borders, targets).items():
        of_platform = stored[platform]
        levels = dict(zip(borders, of_platform.followers, strict=False))
        rows = split(of_platform.values, parts, asked.days, is_count=_IS_COUNT)
        values = _to_values(rows, [levels.get(last) for last in lasts])
        estimated = _estimated(of_platform, parts, asked.days)
        found += map(DayFigures, repeat(platform), days, values, estimated)
    return sorted(found, key=lambda each: (each.day, each.platform))


def summarize(session: Session, asked: Selection, zone: ZoneInfo) -> Summary:
    """The totals of the period, and of as many days before where these were measured. Raises as `figures.summarize`
    does."""
    summary = figures.summarize(session, asked) if zone == UTC_ZONE else _summarize(session, asked, zone)
    return measured_periods.without_unmeasured(session, asked, summary)


def _summarize(session: Session, asked: Selection, zone: ZoneInfo) -> Summary:
    figures.check(session, asked, periods=2)
    asked = replace(asked, end=now().astimezone(zone).date())
    firsts = [asked.start - _DAY * asked.days, asked.start, asked.end + _DAY]
    targets = spans(zone, firsts)
    # Only the days around the borders of the periods are shared; those between count as one.
    borders = sorted({first + _DAY * number for first in firsts for number in (-1, 0, 1)})
    stored = _read(session, asked, borders)
    found = {
        platform: split(stored[platform].values, parts, len(targets), is_count=_IS_COUNT)
        for platform, parts in _parts(stored, borders, targets).items()
    }
    overall = _sum(list(found.values()))
    lasts = [_nearest_utc_day(target, now().date()) for target in targets]
    levels = [
        _latest_followers(session, asked, since, last)
        for since, last in zip([lasts[0] - _DAY * (asked.days - 1), lasts[0] + _DAY], lasts, strict=True)
    ]

    def totals(values: Array, platforms: Sequence[str]) -> Totals:
        known = [[level[platform] for platform in platforms if platform in level] for level in levels]
        previous, current = _to_values(values, [sum(of) if of else None for of in known])
        return Totals(current, previous)

    platforms = {platform: totals(values, [platform]) for platform, values in found.items()}
    return Summary(asked.start, asked.end, totals(overall, list(found)), platforms)


def _read(session: Session, asked: Selection, borders: Sequence[date]) -> Mapping[str, _Stored]:
    """What is stored of each platform that was asked for, in groups of days that begin at each border but the last."""
    groups = len(borders) - 1
    stored, said = _stored_sums(session, asked, borders), _said_sums(session, asked, borders)
    platforms = session.scalars(figures.platforms(asked).order_by("platform")).all()
    return {
        platform: _Stored(
            _split_off(_to_array(stored, platform, groups), _to_array(said, platform, groups)),
            [row["followers"] if row else None for row in (stored.get((platform, each)) for each in range(groups))],
            [bool(row and row["estimated"]) for row in (stored.get((platform, each)) for each in range(groups))],
        )
        for platform in platforms
    }


_Rows = Mapping[tuple[str, int], RowMapping]


def _stored_sums(session: Session, asked: Selection, borders: Sequence[date]) -> _Rows:
    days = figures.source(asked).subquery()
    rows = select(
        *_divisible_sums(days),
        cast(func.sum(days.c.followers), Double).label("followers"),
        func.bool_or(days.c.estimated).label("estimated"),
    )
    return _grouped(session, rows, days, borders)


def _said_sums(session: Session, asked: Selection, borders: Sequence[date]) -> _Rows:
    """The same of what platforms have said of their own days, where these are not UTC days, and groups are days."""
    own = [platform for platform in PLATFORMS if _own_zone(platform) != UTC_ZONE]
    if asked.twin_id:  # the days of posts are growth of totals
        return {}
    days = (
        select(Account.platform, ReportedDay)
        .join(Account, Account.id == ReportedDay.account_id)
        .where(
            *figures.owned_by(asked, Account),
            Account.platform.in_(own),
            ReportedDay.source == "platform",
            ReportedDay.day.in_([first for first, following in pairwise(borders) if following - first == _DAY]),
        )
        .subquery()
    )
    return _grouped(session, select(*_divisible_sums(days)), days, borders)


def _grouped(session: Session, rows: Any, days: FromClause, borders: Sequence[date]) -> _Rows:
    """The rows by platform and number of the group."""
    group = func.width_bucket(days.c.day, literal(borders, ARRAY(Date))) - 1
    rows = rows.add_columns(days.c.platform, group.label("group"))
    rows = rows.where(days.c.day >= borders[0], days.c.day < borders[-1]).group_by(days.c.platform, group)
    return {(row["platform"], row["group"]): row for row in session.execute(rows).mappings()}


def _divisible_sums(days: FromClause) -> Sequence[Any]:
    average, views = days.c.average_view_seconds, days.c.views
    columns: dict[str, Any] = {
        **{metric: days.c[metric] for metric in METRICS},
        "viewed_seconds": average * views,
        "viewed": case((average.is_not(None), views)),
    }
    # As floats, which are exact for counts of up to sixteen digits: PostgreSQL's own sums are decimal.
    return [cast(func.sum(columns[name]), Double).label(name) for name in _DIVISIBLE]


def _latest_followers(session: Session, asked: Selection, since: date, last: date) -> Mapping[str, float]:
    """The followers of each platform's accounts, each as last known in these days."""
    if asked.twin_id:
        return {}
    latest = (
        select(DailyMetric.followers)
        .where(
            DailyMetric.account_id == Account.id,
            DailyMetric.day.between(since, last),
            DailyMetric.followers.is_not(None),
        )
        .order_by(DailyMetric.day.desc())
        .limit(1)
        .lateral()
    )
    rows = (
        select(Account.platform, cast(func.sum(latest.c.followers), Double))
        .join(latest, true())
        .where(*figures.owned_by(asked, Account))
        .group_by(Account.platform)
    )
    return {row[0]: row[1] for row in session.execute(rows)}


def _to_array(rows: _Rows, platform: str, groups: int) -> Array:
    found = (rows.get((platform, group)) for group in range(groups))
    return np.array([[row[name] if row else None for name in _DIVISIBLE] for row in found], dtype=float)


def _split_off(stored: Array, said: Array) -> Array:
    """The rows of what is stored without what was said, and then of what was said."""
    rest = np.where(np.isnan(said), stored, stored - said)
    return np.concatenate([np.where((rest == 0) & ~np.isnan(said), np.nan, rest), said])


def _parts(platforms: Iterable[str], borders: Sequence[date], targets: Sequence[Span]) -> Mapping[str, Shares]:
    """The shares of both rows of each group of days, by platform."""
    # Accounts are read at the end of each window.
    read_until = windows.latest_complete(now()).end
    utc = [_read_so_far(group, read_until) for group in spans(UTC_ZONE, borders)]
    zones = {platform: _own_zone(platform) for platform in platforms}
    by_zone = {zone: shares([*utc, *spans(zone, borders)], targets) for zone in set(zones.values())}
    return {platform: by_zone[zone] for platform, zone in zones.items()}


def _read_so_far(day: Span, read_until: datetime) -> Span:
    """The part of a UTC day that its figures are of."""
    return Span(day.start, min(max(read_until, day.start), day.end))


def _own_zone(platform: str) -> ZoneInfo:
    return PLATFORMS[platform].insights.days_in or UTC_ZONE


def _estimated(stored: _Stored, parts: Shares, targets: int) -> Sequence[bool]:
    """Whether each target has a share of a day, or of what is an estimate itself."""
    is_unknown: Array = np.all(np.isnan(stored.values), axis=1)
    was_estimated = np.tile(stored.estimated, 2)
    is_estimate = ~is_unknown[parts.source] & (was_estimated[parts.source] | ~parts.is_whole)
    estimates: Array = np.bincount(parts.target[is_estimate], minlength=targets)
    return [bool(count) for count in estimates]


def _nearest_utc_day(span: Span, today: date) -> date:
    """The UTC day whose end is nearest to that of a span; today, of which the followers so far are known."""
    return min((span.end - _DAY / 2).date(), today)


def _sum(platforms: Sequence[Array]) -> Array:
    """The sum of these arrays, NaN where nothing is known."""
    if not platforms:
        return np.full((2, len(_DIVISIBLE)), np.nan)
    stacked = np.stack(platforms)
    return np.where(np.isnan(stacked).all(axis=0), np.nan, np.nansum(stacked, axis=0))


def _to_values(rows: Array, followers: Sequence[float | None]) -> Sequence[Values]:
    """The metrics of rows of what can be divided."""
    columns = {
        **dict(zip(_DIVISIBLE, rows.T, strict=True)),
        "followers": np.array(followers, dtype=float),
    }
    viewed = columns["viewed"]
    columns["average_view_seconds"] = columns["viewed_seconds"] / np.where(viewed == 0, np.nan, viewed)
    values = [_to_list(columns[metric], int if metric in COUNTS else float) for metric in METRICS]
    return [dict(zip(METRICS, row, strict=True)) for row in zip(*values, strict=True)]


def _to_list(column: Array, number: type[int | float]) -> list[float | None]:
    return [None if value != value else number(value) for value in column.tolist()]  # NaN
