"""Derives daily metrics from snapshots and platform-reported days; idempotent."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import pandas as pd
import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import daily_inputs, frames
from content_pipeline.core.analytics.figure_columns import METRICS
from content_pipeline.core.analytics.growth import at_borders
from content_pipeline.core.analytics.plausibility import without_dips
from content_pipeline.core.infrastructure.database import UNREACHABLE
from content_pipeline.core.models import DailyMetric, DailyPostMetric
from content_pipeline.core.platforms.insights import TOTALS, Metric
from content_pipeline.core.tasks import leases

log = structlog.get_logger()

_EPOCH: Final = date(1970, 1, 1)


class Derived(NamedTuple):
    """The days that were derived of an account, and how many rows they have, of the account and of its posts."""

    first: date
    last: date
    rows: int


def derive_changed(
    transaction: Callable[[], AbstractContextManager[Session]], first: date, last: date
) -> dict[UUID, Derived | None]:
    """Derive the figures of every account of which these days have something new, in a transaction each.

    Returns None for an account that failed: what is to be derived of it stays recorded, and the next run takes it.
    `transaction` opens the caller's transactions; what it raises (`leases.Stopped`) ends the derivation.
    """
    with transaction() as session:
        accounts = daily_inputs.changed_accounts(session, first, last)
    derived: dict[UUID, Derived | None] = {}
    for account_id in accounts:
        try:
            with transaction() as session:
                derived[account_id] = derive(session, account_id, first, last)
        except (leases.Stopped, *UNREACHABLE):
            raise
        except Exception:
            log.exception("derivation_failed", account_id=str(account_id))
            derived[account_id] = None
    return derived


def derive(session: Session, account_id: UUID, first: date, last: date) -> Derived:
    """Derive an account's figures of the days from `first` to `last`, and of all days that what was read since they
    were derived, or in these days, changes. Waits for another derivation of the account.
    """
    # Two runs may want the same days of an account: that of a day and that of the next one, which settles the first.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"daily_metrics:{account_id}", 0))))
    first, last = daily_inputs.changed_days(session, account_id, first, last)
    days = _growth(daily_inputs.readings(session, account_id, first, last), first, last)
    is_own = days["social_post_id"].isna()
    written = _replace(session, DailyPostMetric, account_id, days[~is_own], first, last)
    own = _account_days(session, account_id, days[is_own].set_index("day"), first, last)
    written += _replace(session, DailyMetric, account_id, own.reset_index(), first, last)
    return Derived(first, last, written)


def _growth(readings: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """The growth of the account (its `social_post_id` is None) and of every post on each of these days: `day`, the
    metrics, and `estimated`.

    On the day of its first reading an account's growth is not known; a post's counts from its publication.
    """
    series, posts = pd.factorize(readings["social_post_id"], use_na_sentinel=False)
    since_epoch = pd.to_datetime(readings["taken_at"], utc=True) - pd.Timestamp(0, tz=UTC)
    at = (since_epoch // pd.Timedelta(milliseconds=1)).astype("int64")
    table = readings.assign(series=series, at=at)
    columns: dict[Metric, pd.Series] = {}
    marks: dict[Metric, pd.Series] = {}
    for metric in (*sorted(TOTALS), "followers"):
        read = without_dips(table, metric) if metric in TOTALS else table
        found = at_borders(read, metric).set_index(["series", "day"])
        is_post = ~pd.isna(posts.take(found.index.get_level_values("series").astype("int64")))
        grown = found["growth"].where(found["from_start"].astype(bool) | is_post)
        columns |= {metric: grown} if metric in TOTALS else {"followers": found["end"], "followers_gained": grown}
        marks[metric] = found["estimated"]
    days = pd.DataFrame(columns).assign(estimated=pd.DataFrame(marks).eq(True).any(axis=1)).reset_index()
    days["social_post_id"] = posts.take(days.pop("series").astype("int64"))
    days["day"] = [_EPOCH + timedelta(days=int(day)) for day in days["day"]]
    return days[days["day"].between(first, last)]


def _account_days(session: Session, account_id: UUID, own: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """The account's figures by `day`. Of each metric: what the platform said of the day, else what an operator said,
    else the growth of the account's own total, else the growth of its posts together."""
    posts = daily_inputs.sums_of_posts(session, account_id, first, last)
    derived = own.drop(columns="social_post_id").combine_first(posts)
    said = daily_inputs.reported(session, account_id, "platform", first, last).combine_first(
        daily_inputs.reported(session, account_id, "external", first, last)
    )
    days = said.combine_first(derived)
    is_derived = (said.reindex_like(days).isna() & days.notna())[list(METRICS)].any(axis=1)
    is_estimated = [frame["estimated"].reindex(days.index).eq(True) for frame in (own, posts)]
    return days.assign(estimated=is_derived & (is_estimated[0] | is_estimated[1]))


def _replace(
    session: Session,
    table: type[DailyMetric | DailyPostMetric],
    account_id: UUID,
    days: pd.DataFrame,
    first: date,
    last: date,
) -> int:
    """Write days in place of those that the table has from `first` to `last`. Returns how many."""
    old = delete(table).where(table.account_id == account_id, table.day.between(first, last))
    session.execute(old, execution_options={"synchronize_session": False})
    frames.append(session, table, days.assign(account_id=account_id))
    return len(days)
