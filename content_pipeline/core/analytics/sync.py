"""Syncs the metrics of accounts and posts from the platforms' APIs, one six-hour window at a time.

What one account's platform refuses stays with that account: its outcome is recorded, its posts stay due, and the next
window reads the days that are missing.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, date, timedelta
from typing import Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import first_readings, posts, readings, windows
from content_pipeline.core.analytics.windows import Window
from content_pipeline.core.errors import Error, InternalError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import UNREACHABLE
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import Account, AccountSync, AudienceShare, SocialPost
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.accounts.authorized_calls import call_platform
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.tasks import leases

log = structlog.get_logger()

# Accounts of a platform that are read at once. Platforms count calls by app, so that more would only wait.
CONCURRENT_ACCOUNTS: Final = 4
# As many as YouTube takes in one call. What was read is stored before the next ones are asked for.
POSTS_AT_ONCE: Final = 50
# YouTube corrects its last days, LinkedIn and Instagram their last one: they are read again in every window.
CORRECTED_DAYS: Final = timedelta(days=5)
# The oldest dated figures that are asked for by themselves, for an account that is new or was not read for long.
MAX_MISSING_DAYS: Final = timedelta(days=30)

Transaction = Callable[[], AbstractContextManager[Session]]
Answer = TypeVar("Answer")


class Outcome(NamedTuple):
    """The outcome of reading one account."""

    account: Account
    posts_read: int
    error: Error | None


def sync_platform(
    transaction: Transaction, platform: str, asked: Sequence[Window], *, only_unread: bool = False
) -> list[Outcome]:
    """Read all accounts of a platform, for one window or for several at once, and record the outcome of each; or those
    only that were not read since they were connected.

    `transaction` opens the caller's transactions; what it raises (`leases.Stopped`) ends the reading.
    """
    chosen = first_readings.IS_UNREAD if only_unread else Account.status != "disconnected"
    with transaction() as session:
        accounts = session.scalars(
            select(Account).where(Account.platform == platform, chosen).order_by(Account.created_at)
        ).all()

    def read(account: Account) -> Outcome | None:
        if only_unread and not _is_unread(transaction, account):  # any more: the run of a window has read it
            return None
        return _sync_account(transaction, account, asked)

    with ThreadPoolExecutor(CONCURRENT_ACCOUNTS, thread_name_prefix=f"sync-{platform}") as pool:
        return [outcome for outcome in pool.map(read, accounts) if outcome]


def _is_unread(transaction: Transaction, account: Account) -> bool:
    with transaction() as session:
        return first_readings.is_unread(session, account.id)


def _sync_account(transaction: Transaction, account: Account, asked: Sequence[Window]) -> Outcome:
    """Read an account; while the database restarts, go on from what was stored. If that takes longer, raise."""
    reader = _AccountReader(transaction, account)
    deadline = time.monotonic() + leases.UNREACHABLE_SECONDS
    while True:
        try:
            error = _read(reader, asked)
            _record(transaction, account, asked, reader.posts_read, error)
            return Outcome(account, reader.posts_read, error)
        except UNREACHABLE:
            if time.monotonic() > deadline:
                raise
            time.sleep(leases.HEARTBEAT_SECONDS)


def _read(reader: "_AccountReader", asked: Sequence[Window]) -> Error | None:
    """Read what the windows ask for. Returns what the platform refused."""
    try:
        with transport.short_timeouts():
            if windows.is_present(asked, now()):
                reader.read_present()
            reader.read_days(asked)
    except Error as error:
        return error
    except (leases.Stopped, *UNREACHABLE):
        raise
    except Exception:  # an answer of a form that nobody has documented
        log.exception("sync_broken", account_id=str(reader.account.id), platform=reader.account.platform)
        return InternalError("The platform's answer was not understood.", remedy="It is read again in six hours.")
    return None


def _record(
    transaction: Transaction, account: Account, asked: Sequence[Window], posts_read: int, error: Error | None
) -> None:
    with transaction() as session, isolated("account_syncs", account.id), session.begin_nested():
        for window in asked:
            row = {
                "account_id": account.id,
                "window_start": window.start,
                "finished_at": now(),
                "posts_read": posts_read,
                "error": error.to_dict() if error else None,
            }
            new = insert(AccountSync).values(row)
            session.execute(new.on_conflict_do_update(constraint="pk_account_syncs", set_=row))


class _AccountReader:
    """Reads one account, and writes each answer before the next call: what was read stays when a later call fails."""

    def __init__(self, transaction: Transaction, account: Account) -> None:
        self.posts_read = 0
        self._transaction = transaction
        self.account = account
        self._insights = PLATFORMS[account.platform].insights

    def read_present(self) -> None:
        """Find the account's posts, and read the totals of those that are due, the account's own, and its audience."""
        account = self.account
        with self._transaction() as session:
            since = posts.list_since(session, account, now())
        listed = self._call(lambda access: list(self._insights.list_posts(access, since=since)))
        with self._transaction() as session:
            posts.record_published(session, account)
            posts.record_listed(session, account, listed)
            due = posts.due(session, account, now())
        for begin in range(0, len(due), POSTS_AT_ONCE):
            self._read_posts(due[begin : begin + POSTS_AT_ONCE])
        own = self._call(self._insights.read_account)
        with self._transaction() as session:
            readings.record_account(session, account, own, now())
        self._read_audience()

    def _read_posts(self, due: Sequence[SocialPost]) -> None:
        ids = [post.post_id for post in due]
        figures = self._call(lambda access: self._insights.read_posts(access, ids))
        with self._transaction() as session:
            readings.record_posts(session, due, figures, now())
        self.posts_read += len(figures)

    def read_days(self, asked: Sequence[Window]) -> None:
        """Read the platform's dated figures of the days of these windows, and of those before that are missing."""
        if self._insights.days_in is None:
            return
        first, last = asked[0].start.date(), asked[-1].start.date()
        if windows.is_present(asked, now()):
            first = min(first, self._first_unsettled_day(self._insights.days_in))
        days = self._call(lambda access: self._insights.read_days(access, first, last))
        with self._transaction() as session:
            said = [(self.account.id, day.day, day.figures) for day in days]
            readings.record_days(session, "platform", said, now())

    def _first_unsettled_day(self, zone: ZoneInfo) -> date:
        """The first day that the last reading of a present window has not seen in its final form.

        Not the day after the last one that is known: a back-fill may have left a gap before that.
        """
        with self._transaction() as session:
            read_at = session.scalar(
                select(func.max(AccountSync.finished_at)).where(
                    AccountSync.account_id == self.account.id, AccountSync.error.is_(None), windows.HAS_TOTALS
                )
            )
        oldest = now().astimezone(zone).date() - MAX_MISSING_DAYS
        return max(oldest, read_at.astimezone(zone).date() - CORRECTED_DAYS) if read_at else oldest

    def _read_audience(self) -> None:
        """Once a day: the platforms count it anew no more often."""
        today = now().astimezone(UTC).date()
        with self._transaction() as session:
            is_known = session.scalar(
                select(AudienceShare.day)
                .where(AudienceShare.account_id == self.account.id, AudienceShare.day == today)
                .limit(1)
            )
        if not is_known:
            shares = self._call(self._insights.read_audience)
            with self._transaction() as session:
                readings.record_audience(session, self.account, shares, today)

    def _call(self, call: Callable[[Access], Answer]) -> Answer:
        return call_platform(self.account.id, call)
