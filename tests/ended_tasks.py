"""Makes tasks that have ended, as their runs leave them."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from content_pipeline.core.errors import Error
from content_pipeline.core.models import Account, Task
from content_pipeline.core.publishing import publications
from content_pipeline.core.tasks import tasks
from tests.factories import make_publication


def end_task(
    session: Session,
    workspace_id: UUID,
    *,
    kind: str = "reel",
    key: str | None = None,
    error: Error | None = None,
    seconds: float = 0,
) -> Task:
    """A task that took so many seconds, done or ended by an error."""
    task = tasks.create(session, workspace_id=workspace_id, kind=kind, key=key or str(uuid4()), lane="io")
    task.created_at -= timedelta(seconds=seconds)
    session.flush()
    tasks.mark_processing(session, kind, task.key)
    if error:
        tasks.fail(session, task.id, error)
    else:
        tasks.finish(session, task.id)
    return task


def end_post(session: Session, account: Account, *, error: Error | None = None) -> Task:
    """The ended task of a post to this account."""
    publication = make_publication(session, account.id)
    return end_task(session, account.workspace_id, kind=publications.KIND, key=str(publication.id), error=error)
