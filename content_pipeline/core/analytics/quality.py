"""Queries of the data quality checks: falling totals, missing rows, missing windows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, cast, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from content_pipeline.core.analytics import windows
from content_pipeline.core.analytics.plausibility import is_implausible
from content_pipeline.core.analytics.windows import Window
from content_pipeline.core.errors import Error
from content_pipeline.core.models import Account, AccountSync, DailyMetric, DailyPostMetric, MetricSnapshot
from content_pipeline.core.platforms.insights import TOTALS

# How far back windows are looked for that were not read.
GAPS_WITHIN: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Falls:
    """Readings that are compared with the ones before, and totals among them that fell.

    `corrected` readings fell as platforms correct totals, `implausible` ones by more; `in_doubt` are the handles of the
    accounts that have such readings, of the `accounts` that could be compared.
    """

    compared: int
    corrected: int
    implausible: int
    accounts: int
    in_doubt: Sequence[str]

    @property
    def most_in_doubt(self) -> int:
        """How many accounts may be in doubt: from half of them on it is the platform's answers that are wrong."""
        return max(self.accounts - 1, 0) // 2

    @property
    def are_systemic(self) -> bool:
        return len(self.in_doubt) > self.most_in_doubt


def falls(session: Session, platform: str, since: datetime) -> Falls:
    """The falls in the newest readings of a platform that are from `since` on, against the ones before them."""
    rows = [
        row for query in (_falls_of_posts(), _falls_of_accounts())
        for row in session.execute(query.where(Account.platform == platform, MetricSnapshot.taken_at >= since))
    ]  # fmt: skip
    return Falls(
        compared=sum(row.compared for row in rows),
        corrected=sum(row.fallen - row.implausible for row in rows),
        implausible=sum(row.implausible for row in rows),
        accounts=len({row.id for row in rows}),
        in_doubt=sorted({row.handle for row in rows if row.implausible}),
    )


def last_readings(session: Session, platform: str) -> Sequence[AccountSync]:
    """The newest reading of the totals of each account of a platform that is not disconnected."""
    newest = (
        select(AccountSync)
        .where(AccountSync.account_id == Account.id, windows.HAS_TOTALS)
        .order_by(AccountSync.window_start.desc())
        .limit(1)
        .lateral()
    )
    found = aliased(AccountSync, newest)
    accounts = select(found).select_from(Account).join(newest, true())
    return session.scalars(accounts.where(Account.platform == platform, Account.status != "disconnected")).all()


def last_errors(session: Session, platform: str) -> Sequence[Error]:
    """Why accounts of a platform could not be read by their last readings."""
    return [Error.of(reading.error) for reading in last_readings(session, platform) if reading.error]


def _falls_of_posts() -> Select[Any]:
    return _falls(lambda other: other.social_post_id == MetricSnapshot.social_post_id)


def _falls_of_accounts() -> Select[Any]:
    # Apart, because `is not distinct from` uses no index.
    query = _falls(lambda other: other.social_post_id.is_(None))
    return query.where(MetricSnapshot.social_post_id.is_(None))


def _falls(is_same_series: Callable[[type[MetricSnapshot]], ColumnElement[bool]]) -> Select[Any]:
    """A row for each account whose newest readings have one before them."""
    before, later = aliased(MetricSnapshot), aliased(MetricSnapshot)
    latest = (
        select(before)
        .where(
            before.account_id == MetricSnapshot.account_id,
            is_same_series(before),
            before.taken_at < MetricSnapshot.taken_at,
        )
        .order_by(before.taken_at.desc())
        .limit(1)
        .lateral()
    )
    is_newest = ~exists().where(
        later.account_id == MetricSnapshot.account_id,
        is_same_series(later),
        later.taken_at > MetricSnapshot.taken_at,
    )
    totals = sorted(TOTALS)
    fallen = or_(*(getattr(MetricSnapshot, metric) < latest.c[metric] for metric in totals))
    implausible = or_(*(is_implausible(latest.c[metric], getattr(MetricSnapshot, metric)) for metric in totals))
    columns: Sequence[Any] = [
        Account.id,
        Account.handle,
        func.count().label("compared"),
        func.count().filter(fallen).label("fallen"),
        func.count().filter(implausible).label("implausible"),
    ]
    return (
        select(*columns)
        .select_from(Account)
        .join(MetricSnapshot, MetricSnapshot.account_id == Account.id)
        .join(latest, latest.c.id.is_not(None))
        .where(is_newest)
        .group_by(Account.id)
    )


def count_readings(session: Session, account_ids: Sequence[UUID], since: datetime) -> int:
    """How many readings these accounts and their posts have from `since` on."""
    rows = select(func.count()).where(MetricSnapshot.account_id.in_(account_ids), MetricSnapshot.taken_at >= since)
    return session.scalars(rows).one()


def count_missing_days(session: Session, account_ids: Sequence[UUID], first: date, last: date) -> int:
    """How many of the days from `first` to `last` on which an account or a post was read have no figures."""
    day = cast(MetricSnapshot.taken_at, Date)  # sessions are in UTC
    read = (
        select(MetricSnapshot.account_id, MetricSnapshot.social_post_id, day.label("day"))
        .where(
            MetricSnapshot.account_id.in_(account_ids),
            MetricSnapshot.taken_at >= first,
            MetricSnapshot.taken_at < last + timedelta(days=1),
            or_(*(getattr(MetricSnapshot, metric).is_not(None) for metric in (*sorted(TOTALS), "followers"))),
        )
        .distinct()
        .subquery()
    )
    missing = (
        select(func.count())
        .select_from(read)
        .outerjoin(DailyMetric, (DailyMetric.account_id == read.c.account_id) & (DailyMetric.day == read.c.day))
        .outerjoin(
            DailyPostMetric,
            (DailyPostMetric.account_id == read.c.account_id)
            & (DailyPostMetric.day == read.c.day)
            & (DailyPostMetric.social_post_id == read.c.social_post_id),
        )
        .where(
            or_(
                read.c.social_post_id.is_(None) & DailyMetric.day.is_(None),
                read.c.social_post_id.is_not(None) & DailyPostMetric.day.is_(None),
            )
        )
    )
    return session.scalars(missing).one()


def connected_platforms(session: Session, moment: datetime) -> Mapping[str, datetime]:
    """The platforms that had connected accounts at a moment, and when the first of these was connected."""
    rows = (
        select(Account.platform, func.min(Account.created_at))
        .where(Account.status != "disconnected", Account.created_at < moment)
        .group_by(Account.platform)
    )
    return dict(session.execute(rows).all())


def missing_windows(session: Session, moment: datetime) -> Sequence[tuple[str, Window]]:
    """The platforms and windows of the last two weeks in which no account of the platform could be read, the oldest
    first. Windows that ended before its first account was connected are none."""
    latest = windows.latest_complete(moment)
    connected = connected_platforms(session, latest.end)
    read = {
        (platform, start)
        for platform, start in session.execute(
            select(Account.platform, AccountSync.window_start)
            .join(AccountSync, AccountSync.account_id == Account.id)
            .where(AccountSync.error.is_(None), AccountSync.window_start > latest.start - GAPS_WITHIN)
            .distinct()
        )
    }
    starts = [latest.start - number * windows.LENGTH for number in range(GAPS_WITHIN // windows.LENGTH)]
    return [
        (platform, Window(start))
        for start in reversed(starts)
        for platform, since in sorted(connected.items())
        if since < Window(start).end and (platform, start) not in read
    ]
