"""Held posts: uploaded ahead of their time, and not published before the calendar releases them.

A publication is created held, and released once: `held` never becomes true again. Its task waits meanwhile, and no
sensor wakes it. Who releases or withdraws it has locked its calendar item. A run that is about to hold it and its
release are ordered by the lock of its row.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict
from content_pipeline.core.models import Publication, Task
from content_pipeline.core.publishing import publications
from content_pipeline.core.tasks import cancellation, deferral, leases, starts, tasks
from content_pipeline.core.tasks.run_context import RunContext


def hold(session: Session, run: RunContext, publication_id: UUID) -> bool:
    """Let the task of a held post wait for the release, in the run's transaction; the run has nothing more to do.

    False when the post was released meanwhile: then this run publishes it.
    """
    if not _lock(session, publication_id).held:
        return False
    assert run.task_id
    deferral.defer(session, run.task_id, not_before=None, attempt=run.attempt, lane=run.lane, for_others=True)
    leases.release(session, run.run_id)  # the run that the release starts may begin before this one has ended
    return True


def release(session: Session, publication_id: UUID) -> Task | None:
    """Allow a post to be published. Returns its task when that was waiting for it: its next run is to be launched.

    None when it is not held, or its run is at work or about to be, which finds it released. Raises Conflict when a
    person has canceled its task.
    """
    publication = _lock(session, publication_id)
    if not publication.held:
        return None
    publication.held = False
    task = tasks.newest(session, publications.KIND, str(publication_id))
    if starts.resume(session, task):
        return task
    session.refresh(task)  # it may have been canceled since it was read
    if task.state == "canceled":
        raise Conflict("The task of this post was canceled.", code="canceled", remedy="Retry the item.")
    return None


def withdraw(session: Session, publication_id: UUID) -> list[Task]:
    """End a held post, which is never published. Returns its task if it was open: its run is to end.

    What was uploaded is not visible to anybody, and expires at the platform.
    """
    task = tasks.newest(session, publications.KIND, str(publication_id))
    return cancellation.cancel_all(session, [task]) if task.state in tasks.OPEN else []


def _lock(session: Session, publication_id: UUID) -> Publication:
    return session.get_one(Publication, publication_id, with_for_update={"key_share": True})
