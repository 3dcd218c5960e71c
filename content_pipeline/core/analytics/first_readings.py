"""First readings of connected accounts: which accounts have none yet, and by when their figures are expected.

An account is read as soon as it is connected, and not at the end of the window only. What fails then is read with all
others when the window ends.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import windows
from content_pipeline.core.analytics.figures import Selection, owned_by
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Account, AccountSync, DailyMetric, PendingDerivation

# Seconds between two looks for accounts that were not read, and for days that are to be derived.
LOOK_INTERVAL: Final = 10
DERIVATION_INTERVAL: Final = 30
# Beside these pauses two runs start, one reads and one derives.
_USUAL: Final = timedelta(seconds=LOOK_INTERVAL + DERIVATION_INTERVAL + 60)
_MINUTE: Final = timedelta(minutes=1)

# One that failed counts until the account is connected again: nothing is tried in a loop.
_IS_READ: Final = exists().where(
    AccountSync.account_id == Account.id,
    windows.HAS_TOTALS,
    or_(AccountSync.error.is_(None), AccountSync.finished_at >= Account.connected_at),
)
IS_UNREAD: Final[ColumnElement[bool]] = and_(Account.status == "connected", ~_IS_READ)


def unread_platforms(session: Session) -> Mapping[str, datetime]:
    """The platforms that have unread accounts, and when the newest of these was connected."""
    newest = select(Account.platform, func.max(Account.connected_at)).where(IS_UNREAD).group_by(Account.platform)
    return dict(session.execute(newest).all())


def is_unread(session: Session, account_id: UUID) -> bool:
    return session.scalar(select(Account.id).where(Account.id == account_id, IS_UNREAD)) is not None


def expected(session: Session, asked: Selection, zone: ZoneInfo) -> Mapping[str, datetime]:
    """By when the first figures are expected of each platform that has none, to the minute, in this time zone.

    Platforms of which figures are known are left out, and those without an account that is to be read.
    """
    last = (
        select(AccountSync.finished_at, AccountSync.error)
        .where(AccountSync.account_id == Account.id, windows.HAS_TOTALS)
        .order_by(AccountSync.window_start.desc())
        .limit(1)
        .lateral()
    )
    accounts = select(
        Account.platform,
        Account.connected_at,
        (Account.status == "connected").label("is_connected"),
        last.c.finished_at,
        last.c.error,
        exists().where(DailyMetric.account_id == Account.id).label("has_figures"),
        exists().where(PendingDerivation.account_id == Account.id).label("is_pending"),
    ).outerjoin(last, true())
    by_platform = defaultdict(list)
    for account in session.execute(accounts.where(*owned_by(asked, Account))):
        by_platform[account.platform].append(account)
    moments = {
        platform: [moment for account in rows if (moment := _expected(account))]
        for platform, rows in by_platform.items()
        if not any(account.has_figures for account in rows)
    }
    return {platform: min(found).astimezone(zone) for platform, found in moments.items() if found}


def _expected(account: Row[Any]) -> datetime | None:
    """By when figures of an account are expected that has none; None where the last reading found nothing."""
    if not account.is_connected:
        return None
    is_read = account.finished_at is not None and (account.error is None or account.finished_at >= account.connected_at)
    if is_read and not account.error and not account.is_pending:
        return None
    soon: datetime = (account.finished_at if is_read else account.connected_at) + _USUAL
    if (is_read and account.error) or soon < now():
        soon = windows.latest_complete(now()).end + windows.LENGTH + _USUAL
    return soon.replace(second=0, microsecond=0) + _MINUTE
