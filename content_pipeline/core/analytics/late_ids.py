"""Resolves post ids that the platform assigns after publishing (TikTok: after moderation), by text and time."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.models import Account, Publication, SocialPost
from content_pipeline.core.writing import text_validation
from content_pipeline.core.writing.post import PostText

# From the publishing call to the time that the platform gives the post. Clocks differ by some minutes.
_EARLIEST: Final = timedelta(minutes=-5)
_LATEST: Final = timedelta(days=2)


def resolve(session: Session, account: Account) -> None:
    """Give publications without an id the one listed post that has their text and their time.

    Of several such posts none is taken: they cannot be told apart, and stay external.
    """
    unnamed = session.scalars(
        select(Publication).where(
            Publication.account_id == account.id,
            Publication.published_at.is_not(None),
            Publication.committed_at.is_not(None),
            Publication.post_id.is_(None),
        )
    )
    for publication in unnamed.all():
        found = _candidates(session, publication)
        if len(found) == 1:
            publication.post_id, publication.post_url = found[0].post_id, found[0].url
            publication.poll_at = publication.waits_until = None
            session.flush()


def text_of(publication: Publication) -> str:
    """The text of a published post as the platform shows it."""
    words = publication.words or {"text": "", "hashtags": []}
    return text_validation.joined(PostText(None, words["text"], tuple(words["hashtags"])))


def _candidates(session: Session, publication: Publication) -> list[SocialPost]:
    assert publication.committed_at
    named = select(Publication.post_id).where(
        Publication.platform == publication.platform, Publication.post_id.is_not(None)
    )
    listed = select(SocialPost).where(
        SocialPost.account_id == publication.account_id,
        SocialPost.text == text_of(publication),
        SocialPost.published_at.between(publication.committed_at + _EARLIEST, publication.committed_at + _LATEST),
        SocialPost.post_id.not_in(named),
    )
    return list(session.scalars(listed))
