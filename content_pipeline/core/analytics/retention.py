"""Retention of analytics: deletes snapshots and daily metrics that are older than DAYS_KEPT."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import CursorResult, delete, exists, select
from sqlalchemy.orm import Session, aliased

from content_pipeline.core.analytics.figures import DAYS_KEPT
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import (
    Account,
    AccountSync,
    AudienceShare,
    DailyMetric,
    DailyPostMetric,
    MetricSnapshot,
    ReportedDay,
)

_DAYS: Final = (DailyPostMetric, DailyMetric, ReportedDay, AudienceShare)


def first_kept_day() -> date:
    return now().date() - timedelta(days=DAYS_KEPT)


def sweep() -> int:
    """Delete what is older than DAYS_KEPT, and return how many rows that were.

    One transaction per account: all tables are indexed by it, and a day of one account is few rows.
    """
    first = first_kept_day()
    with transaction() as session:
        accounts = session.scalars(select(Account.id)).all()
    deleted = 0
    for account_id in accounts:
        with transaction() as session:
            deleted += _delete_before(session, account_id, first)
    return deleted


def _delete_before(session: Session, account_id: UUID, first: date) -> int:
    midnight = datetime.combine(first, time(), UTC)
    # The last reading before the first day stays: that day's growth begins with it. Apart for the posts and for the
    # account, because `is not distinct from` uses no index.
    later = aliased(MetricSnapshot)
    is_followed = exists().where(
        later.account_id == account_id, later.taken_at > MetricSnapshot.taken_at, later.taken_at <= midnight
    )
    readings = delete(MetricSnapshot).where(MetricSnapshot.account_id == account_id, MetricSnapshot.taken_at < midnight)
    of_account, of_post = MetricSnapshot.social_post_id.is_(None), MetricSnapshot.social_post_id.is_not(None)
    old = [
        *(delete(table).where(table.account_id == account_id, table.day < first) for table in _DAYS),
        delete(AccountSync).where(AccountSync.account_id == account_id, AccountSync.window_start < midnight),
        readings.where(of_account, is_followed.where(later.social_post_id.is_(None))),
        readings.where(of_post, is_followed.where(later.social_post_id == MetricSnapshot.social_post_id)),
    ]
    options = {"synchronize_session": False}
    results = [session.execute(statement, execution_options=options) for statement in old]
    return sum(result.rowcount for result in results if isinstance(result, CursorResult))
