"""Tasks that ended some time ago."""

from datetime import timedelta
from uuid import UUID, uuid4

from content_pipeline.core.errors import InternalError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library.sources import Source
from content_pipeline.core.models import Task
from content_pipeline.core.publishing import publications
from content_pipeline.core.publishing.publications import PostSpec
from content_pipeline.core.tasks import deferral, tasks
from tests.factories import make_account


def ended(workspace_id: UUID, *, days_ago: float, burn_in: str | None = None, fails: bool = False) -> str:
    """The key of a caption whose task ended so long ago; with `burn_in`, after it was handed over to that row."""
    key = str(uuid4())
    with transaction() as session:
        task = tasks.create(session, workspace_id=workspace_id, kind="caption", key=key, lane="media")
        tasks.mark_processing(session, "caption", key)
        if burn_in:
            deferral.switch_subject(session, task.id, kind="burn_in", key=burn_in, lane="media")
            tasks.mark_processing(session, "burn_in", burn_in)
        if fails:
            tasks.fail(session, task.id, InternalError("It broke."))
        else:
            tasks.finish(session, task.id)
        session.flush()
        session.get_one(Task, task.id).finished_at = now() - timedelta(days=days_ago)
    return key


def published(workspace_id: UUID, *, days_ago: float) -> str:
    """The key of a post whose task ended so long ago."""
    with transaction() as session:
        account = make_account(session, workspace_id)
        spec = PostSpec("instagram", account.id, caption="Look.")
        source = Source(url="https://8.8.8.8/reel.mp4")
        ((publication, task),) = publications.create_with_tasks(
            session, workspace_id, twin=None, source=source, specs=[spec]
        )
        tasks.mark_processing(session, publications.KIND, task.key)
        tasks.finish(session, task.id)
        session.flush()
        session.get_one(Task, task.id).finished_at = now() - timedelta(days=days_ago)
    return str(publication.id)
