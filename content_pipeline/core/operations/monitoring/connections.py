"""Metric families of connections to other services: accounts, the reading of their figures, and webhooks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, get_args

from prometheus_client.core import Metric
from sqlalchemy import case, func, select, true
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Account, AccountSync
from content_pipeline.core.models.accounts import Status
from content_pipeline.core.operations.monitoring.families import gauge
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.webhooks import dispatcher

# YouTube's tokens live for an hour, TikTok's for a day, Instagram's and LinkedIn's for sixty days.
_AGES: Final = {"1 h": 1, "1 d": 24, "7 d": 7 * 24, "30 d": 30 * 24, "60 d": 60 * 24}
_OLDER: Final = "older"
_NO_TOKEN: Final = "none"  # noqa: S105 - a label


def accounts(session: Session) -> Iterator[Metric]:
    """Accounts by status and by the age of their token."""
    age = case(
        (Account.issued_at.is_(None), _NO_TOKEN),
        *((Account.issued_at > now() - timedelta(hours=hours), label) for label, hours in _AGES.items()),
        else_=_OLDER,
    )
    query = select(Account.platform, Account.status, age, func.count()).group_by(Account.platform, Account.status, age)
    found = {(platform, status, label): number for platform, status, label, number in session.execute(query)}
    # Each series exists from the beginning, so that an alert sees the first increase.
    every = {(platform, status, _NO_TOKEN): 0 for platform in PLATFORMS for status in get_args(Status)}
    yield gauge(
        "accounts",
        "Connected and once connected accounts; token_age: up to which age their access token is.",
        (every | found).items(),
        ["platform", "status", "token_age"],
    )


def syncs(session: Session) -> Iterator[Metric]:
    """How long ago the figures of connected accounts were read."""
    newest = (
        select(AccountSync.finished_at, AccountSync.error)
        .where(AccountSync.account_id == Account.id)
        .order_by(AccountSync.window_start.desc())
        .limit(1)
        .lateral()
    )
    read_at = func.greatest(newest.c.finished_at, Account.connected_at)  # one that is connected again begins anew
    query = (
        select(Account.platform, func.min(read_at), func.count(newest.c.error))
        .outerjoin(newest, true())
        .where(Account.status == "connected")
        .group_by(Account.platform)
    )
    found = {platform: values for platform, *values in session.execute(query)}
    yield gauge(
        "sync_lag_seconds",
        "How long ago the figures of the account that waits longest were read, or it was connected.",
        (
            ((platform,), (now() - found[platform][0]).total_seconds() if platform in found else 0)
            for platform in PLATFORMS
        ),
        ["platform"],
    )
    yield gauge(
        "sync_failing_accounts",
        "Connected accounts whose last reading failed.",
        (((platform,), found[platform][1] if platform in found else 0) for platform in PLATFORMS),
        ["platform"],
    )


def webhooks(session: Session) -> Iterator[Metric]:
    """What is still to be delivered."""
    backlog = dispatcher.backlog(session)
    age = (now() - backlog.due_since).total_seconds() if backlog.due_since else 0
    yield gauge(
        "webhook_backlog",
        "Deliveries that are due, or wait for their next attempt or their receiver.",
        [(("due",), backlog.due), (("waiting",), backlog.waiting)],
        ["state"],
    )
    yield gauge("webhook_backlog_age_seconds", "How long the first has been due.", [((), age)])
