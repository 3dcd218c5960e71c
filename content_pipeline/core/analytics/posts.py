"""Registry of an account's posts on its platform: discovery, link to our publications, schedule of reads."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from content_pipeline.core.analytics import late_ids, windows
from content_pipeline.core.models import Account, Publication, SocialPost
from content_pipeline.core.platforms.insights import ListedPost

# How far back an account's own posts are looked for when it is read for the first time.
HISTORY: Final = timedelta(days=90)
# TikTok's listing shows a post when moderation has finished, with the time at which it was sent.
_LISTED_LATE: Final = timedelta(days=3)
# A post is read in every window until it is a week old, daily until it is a month old, and weekly after that.
_INTERVALS: Final = ((timedelta(days=7), windows.LENGTH), (timedelta(days=30), timedelta(days=1)))
_LAST_INTERVAL: Final = timedelta(days=7)


def next_reading(published_at: datetime, read_at: datetime) -> datetime:
    """When a post is to be read again after a reading."""
    age = read_at - published_at
    interval = next((interval for limit, interval in _INTERVALS if age < limit), _LAST_INTERVAL)
    # Half a window earlier, because a window is never read at the same second of its hour; and at the latest with the
    # window in which it is due, because an account may be first read long after a window has ended.
    usual = read_at + interval - windows.LENGTH / 2
    return min(usual, windows.latest_complete(read_at).end + interval)


def list_since(session: Session, account: Account, moment: datetime) -> datetime:
    """From when on an account's posts are to be listed."""
    newest = session.scalar(select(func.max(SocialPost.published_at)).where(SocialPost.account_id == account.id))
    return newest - _LISTED_LATE if newest else moment - HISTORY


def record_listed(session: Session, account: Account, listed: Iterable[ListedPost]) -> None:
    """Record the posts of a listing, and which of them were published here."""
    rows = [
        {
            "id": uuid4(),
            "workspace_id": account.workspace_id,
            "account_id": account.id,
            "platform": account.platform,
            "post_id": post.post_id,
            "url": post.url,
            "text": post.text,
            "seconds": post.seconds,
            "published_at": post.published_at,
            "next_read_at": post.published_at,
        }
        for _, post in sorted(
            {post.post_id: post for post in listed}.items()
        )  # in one order: runs must not block each other
    ]
    if rows:
        new = insert(SocialPost).values(rows)
        kept = {name: new.excluded[name] for name in ("url", "text", "seconds")}
        session.execute(
            new.on_conflict_do_update(constraint="uq_social_posts_account_post", set_={**kept, "vanished_at": None})
        )
    late_ids.resolve(session, account)
    _link_publications(session, account)


def record_published(session: Session, account: Account) -> None:
    """Record the posts that were published here: not every platform lists an account's posts."""
    known = select(SocialPost.publication_id).where(SocialPost.publication_id.is_not(None))
    found = session.scalars(
        select(Publication).where(
            Publication.account_id == account.id,
            Publication.post_id.is_not(None),
            Publication.published_at.is_not(None),
            Publication.removed_at.is_(None),
            Publication.id.not_in(known),
        )
    )
    record_listed(
        session,
        account,
        [
            ListedPost(str(post.post_id), post.post_url, late_ids.text_of(post), published_at, None)
            for post in found
            if (published_at := post.published_at)
        ],
    )


def due(session: Session, account: Account, moment: datetime) -> Sequence[SocialPost]:
    """The posts of an account that are to be read now."""
    return session.scalars(
        select(SocialPost)
        .where(SocialPost.account_id == account.id, SocialPost.vanished_at.is_(None), SocialPost.next_read_at <= moment)
        .order_by(SocialPost.published_at.desc())
    ).all()


def _link_publications(session: Session, account: Account) -> None:
    session.execute(
        update(SocialPost)
        .where(
            SocialPost.account_id == account.id,
            SocialPost.publication_id.is_(None),
            Publication.account_id == account.id,
            Publication.post_id == SocialPost.post_id,
        )
        .values(publication_id=Publication.id, twin_id=Publication.twin_id)
    )
