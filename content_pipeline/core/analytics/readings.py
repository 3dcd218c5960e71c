"""Stores metric snapshots, reported days and audience shares."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import posts
from content_pipeline.core.analytics.figure_columns import METRICS, to_columns
from content_pipeline.core.infrastructure.net.storable_text import storable
from content_pipeline.core.models import (
    Account,
    AudienceShare,
    MetricSnapshot,
    PendingDerivation,
    ReportedDay,
    SocialPost,
)
from content_pipeline.core.models.analytics import Source
from content_pipeline.core.platforms import insights
from content_pipeline.core.platforms.insights import Figures

# The longest that a platform moderates a post, of which it says nothing meanwhile.
MODERATION: Final = timedelta(days=1)


def record_account(session: Session, account: Account, figures: Figures, taken_at: datetime) -> None:
    """Add a snapshot of an account."""
    _mark_pending(session, [account.id], taken_at)
    session.execute(insert(MetricSnapshot), [{"account_id": account.id, "taken_at": taken_at, **to_columns(figures)}])


def record_posts(
    session: Session, read: Sequence[SocialPost], figures: Mapping[str, Figures], taken_at: datetime
) -> None:
    """Add a snapshot of each of these posts; those without figures have vanished from their platform.

    Unless they are young: TikTok does not answer for a post before its moderation is over.
    """
    snapshots = [
        {
            "account_id": post.account_id,
            "social_post_id": post.id,
            "taken_at": taken_at,
            **to_columns(figures[post.post_id]),
        }
        for post in read
        if post.post_id in figures
    ]
    if snapshots:
        _mark_pending(session, {post.account_id for post in read}, taken_at)
        session.execute(insert(MetricSnapshot), snapshots)
    if read:
        session.execute(
            update(SocialPost),
            [
                {
                    "id": post.id,
                    "read_at": taken_at,
                    "next_read_at": posts.next_reading(post.published_at, taken_at),
                    "vanished_at": taken_at if _has_vanished(post, figures, taken_at) else None,
                }
                for post in read
            ],
        )


def _has_vanished(post: SocialPost, figures: Mapping[str, Figures], taken_at: datetime) -> bool:
    return post.post_id not in figures and taken_at - post.published_at > MODERATION


def record_days(
    session: Session, source: Source, said: Iterable[tuple[UUID, date, Figures]], taken_at: datetime
) -> None:
    """Store what the platform, or an operator, says of days of accounts, in place of what it said before."""
    ordered = sorted(said, key=itemgetter(0, 1))  # so that two writers of the same days cannot block each other
    rows = [
        {"account_id": account_id, "day": day, "source": source, "taken_at": taken_at, **to_columns(figures)}
        for account_id, day, figures in ordered
    ]
    if rows:
        _mark_pending(session, {account_id for account_id, _, _ in ordered}, taken_at)
        new = postgresql.insert(ReportedDay).values(rows)
        changed = {name: new.excluded[name] for name in ("taken_at", *METRICS)}
        keys = ["account_id", "day", "source"]
        session.execute(new.on_conflict_do_update(index_elements=keys, set_=changed))


def record_audience(session: Session, account: Account, shares: Sequence[insights.AudienceShare], day: date) -> None:
    """Store the audience of an account on a day; a second reading of the day replaces the first one."""
    rows = [
        {
            "account_id": account.id,
            "day": day,
            "dimension": share.dimension,
            "value": storable(share.value),
            "share": share.share,
        }
        for share in shares
    ]
    if rows:
        new = postgresql.insert(AudienceShare).values(rows)
        session.execute(new.on_conflict_do_update(constraint="pk_audience_shares", set_={"share": new.excluded.share}))


def _mark_pending(session: Session, account_ids: Iterable[UUID], taken_at: datetime) -> None:
    """Have what was read of these accounts at a time be derived. Also makes writers of one account wait for another."""
    rows = [{"account_id": account_id, "first_at": taken_at, "last_at": taken_at} for account_id in sorted(account_ids)]
    new = postgresql.insert(PendingDerivation).values(rows)
    widened = {
        "first_at": func.least(PendingDerivation.first_at, new.excluded.first_at),
        "last_at": func.greatest(PendingDerivation.last_at, new.excluded.last_at),
    }
    session.execute(new.on_conflict_do_update(constraint="pk_pending_derivations", set_=widened))
