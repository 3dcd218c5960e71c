"""Batch polling of posts that a platform is still processing; no worker is held.

When the platform has finished, the post's task is resumed in a run. For a published post without a URL, the URL is
polled and stored here.
"""

from collections.abc import Sequence
from typing import Final

import structlog
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import Publication, Task
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.accounts.authorized_calls import call_platform
from content_pipeline.core.platforms.base import Published
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing import attempts, publications, visibility
from content_pipeline.core.tasks import polling

log = structlog.get_logger()

_MAX_SECONDS: Final = 120.0
# The URL of a published post is not urgent: TikTok moderates for hours, and allows 30 status requests a minute.
_MAX_SECONDS_PUBLISHED: Final = 1800.0


def claim_due(session: Session, *, most: int) -> Sequence[Publication]:
    """Claim up to `most` posts that are due for a poll, and schedule the next poll of each."""
    return polling.claim_due(session, Publication, most=most, longest_seconds=_longest_seconds)


def _longest_seconds(publication: Publication) -> float:
    return _MAX_SECONDS_PUBLISHED if publication.published_at else _MAX_SECONDS


def poll(publication: Publication) -> Task | Publication | None:
    """Poll the platform for one post. Returns the task to start a run for, or the post once its URL is known, or None.

    Raises only that the database is unreachable: an unexpected answer must not stop the polls of other posts.
    """
    with isolated("platform_polls", publication.id):
        try:
            if publication.published_at:
                return _poll_url(publication)
            is_to_resume = not _is_processing(publication)
        except Error as error:
            log.info("poll_failed", publication_id=str(publication.id), code=error.code)
            is_to_resume = not error.retryable  # it is left to its run, which repeats the call and handles it
        if is_to_resume:
            return polling.resume_once(Publication, publication.id, publications.KIND)
    return None


def _is_processing(publication: Publication) -> bool:
    publisher, prepared = PLATFORMS[publication.platform].publisher, attempts.decrypt_prepared(publication)
    with transport.short_timeouts():
        return call_platform(publication.account_id, lambda access: publisher.is_processing(access, prepared))


def _poll_url(publication: Publication) -> Publication | None:
    """The post with its URL, which is stored, once the platform tells it."""
    with transport.short_timeouts():
        found = visibility.confirm(publication)
    if isinstance(found, Published) and found.url:
        with transaction() as session:
            row = session.get_one(Publication, publication.id)
            if publications.find_other_by_post_id(session, row, found.post_id) is None:
                row.post_id, row.post_url, row.poll_at, row.waits_until = found.post_id, found.url, None, None
                return row
    return None
