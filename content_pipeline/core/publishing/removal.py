"""Removal of published posts: takes a post down on its platform, and keeps its publication and its figures.

The intention (`removing_at`) is stored before the call, and cleared when that is known to have failed. A repeated call
does no harm: a post that the platform does not have any more is removed. So a call whose outcome is unknown, because
the process was killed or the platform did not answer, is repeated.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, Error, UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import Publication, SocialPost
from content_pipeline.core.platforms.accounts.authorized_calls import call_platform
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing import publications
from content_pipeline.core.tasks import tasks
from content_pipeline.core.workspaces import audit
from content_pipeline.core.workspaces.audit import Actor

# A request that was not interrupted has ended by then.
_INTERRUPTED: Final = timedelta(minutes=5)
# A post whose platform has not answered for this long is given up, so that it is not taken down unexpectedly later.
_GIVEN_UP: Final = timedelta(days=1)


def remove_post(workspace_id: UUID, task_id: str, *, by: Actor = audit.SERVICE) -> None:
    """Take down the post of one of its tasks. Does nothing when it was removed already.

    Raises NotFound; Conflict `post_<status>` for a post that is not published, `post_id_unknown` and
    `removal_unsupported`; and what `call_platform` raises.
    """
    with transaction() as session:
        publication, _ = publications.get(session, workspace_id, task_id)
        if publication.removed_at:
            return
        _check(session, publication)
        publication.removing_at = now()
        audit.record(session, workspace_id, by, "publications.remove_post", "publication", publication.id)
    _remove(publication)


def finish_interrupted() -> None:
    """Repeat the removals of the last day whose outcome is not known: the process was killed between the call and
    storing its outcome, or the platform did not answer."""
    intended = select(Publication).where(
        Publication.removing_at.between(now() - _GIVEN_UP, now() - _INTERRUPTED), Publication.removed_at.is_(None)
    )
    with transaction() as session:
        found = session.scalars(intended).all()
    for publication in found:
        with isolated("interrupted_removals", publication.id):
            _remove(publication)


def _remove(publication: Publication) -> None:
    remove, post_id = PLATFORMS[publication.platform].remove_post, str(publication.post_id)
    assert remove
    try:
        call_platform(publication.account_id, lambda access: remove(access, post_id))
    except Error as error:
        if not (isinstance(error, UpstreamError) and error.retryable):
            with transaction() as session:
                session.get_one(Publication, publication.id).removing_at = None
        raise
    with transaction() as session:
        _record_removed(session, session.get_one(Publication, publication.id, with_for_update=True))


def _check(session: Session, publication: Publication) -> None:
    """Raises Conflict for a post that cannot be removed."""
    status = publications.status(publication, tasks.newest(session, publications.KIND, str(publication.id)))
    if status != "published":
        raise Conflict(
            "This post is not published, so there is nothing to remove.",
            code=f"post_{status}",
            remedy="Cancel its task." if status == "publishing" else "Look at the account on the platform.",
        )
    label = PLATFORMS[publication.platform].label
    if PLATFORMS[publication.platform].remove_post is None:
        raise Conflict(
            f"{label} lets no app remove a post.",
            code="removal_unsupported",
            remedy=f"Delete it in {label} itself: {publication.post_url or 'see the account'}.",
        )
    if publication.post_id is None:
        raise Conflict(
            f"{label} has not told which of its posts this is.",
            code="post_id_unknown",
            remedy=f"Delete it in {label} itself.",
        )


def _record_removed(session: Session, publication: Publication) -> None:
    """Record the removal. Nobody asks for the post's link or figures any more; those that were read stay."""
    publication.removed_at = publication.removed_at or now()
    publication.poll_at = publication.waits_until = None
    of_post = (SocialPost.account_id == publication.account_id, SocialPost.post_id == publication.post_id)
    vanished_at = func.coalesce(SocialPost.vanished_at, publication.removed_at)
    session.execute(update(SocialPost).where(*of_post).values(vanished_at=vanished_at))
