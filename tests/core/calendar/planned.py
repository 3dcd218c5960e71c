"""Helpers for calendar tests: create items, and act as requests, runs and sensor ticks do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.calendar import due, items
from content_pipeline.core.errors import Error, InternalError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, CalendarItem, Publication, Reel, Task, Twin
from content_pipeline.core.models.calendar import Status
from content_pipeline.core.tasks import tasks
from tests.factories import make_account, make_item

OWN_VIDEO = "https://8.8.8.8/reel.mp4"
BROKEN = InternalError("It broke.", remedy="Retry it.")


def create_item(twin: Twin, **fields: Any) -> UUID:
    with transaction() as session:
        return make_item(session, twin, **fields).id


def connect(twin: Twin, platform: str = "instagram", **fields: Any) -> Account:
    """Create an account in the twin's workspace."""
    with transaction() as session:
        return make_account(session, twin.workspace_id, platform, **fields)


def create_due_item(twin: Twin, **fields: Any) -> UUID:
    """Create an item that is due and has a video."""
    return create_item(twin, due_in=timedelta(), reel_url=OWN_VIDEO, **fields)


def item(item_id: UUID) -> CalendarItem:
    with transaction() as session:
        return session.get_one(CalendarItem, item_id)


def failure_code(item_id: UUID) -> str:
    assert item(item_id).status == "failed"
    return str((item(item_id).reason or {})["code"])


def apply_locked(twin: Twin, item_id: UUID, action: Callable[..., Any], *arguments: Any) -> Any:
    """Apply `action` to the locked item, as a request does."""
    with transaction() as session:
        return action(session, items.get(session, twin.workspace_id, item_id, lock=True), *arguments)


def start_reels(twin: Twin) -> list[Task]:
    """The tasks of the reels that a tick starts for this twin's items."""
    with transaction() as session:
        started = due.start_videos(session, most=1000)
    return [task for task in started if task.workspace_id == twin.workspace_id]


def start_posts(twin: Twin) -> list[Task]:
    """The tasks of the posts that a tick starts for this twin's items."""
    with transaction() as session:
        return start_posts_in(session, twin)


def start_posts_in(session: Session, twin: Twin) -> list[Task]:
    """As `start_posts`, within the given transaction."""
    _, tasks = due.start_posts(session, most=1000)
    return [task for task in tasks if task.workspace_id == twin.workspace_id]


def prepare_posts(twin: Twin) -> list[Task]:
    """The tasks of the held posts that a tick starts for this twin's items."""
    with transaction() as session:
        return [task for task in due.prepare_posts(session, most=1000) if task.workspace_id == twin.workspace_id]


def retry_publication_task(task: Task) -> Task:
    """Retry the publication but not its item. Returns the new task."""
    with transaction() as session:
        return tasks.retry(session, session.get_one(Task, task.id))


def mark_committed(task: Task) -> None:
    """Store the intent to commit, as the post's run does before the commit call."""
    with transaction() as session:
        session.get_one(Publication, UUID(task.key)).committed_at = now()
        tasks.set_irrevocable(session, task.id, True)


def finish_run(task: Task, *, error: Error | None = None) -> None:
    """Finish or fail the task of a reel or a post, as its run does."""
    with transaction() as session:
        tasks.mark_processing(session, task.kind, task.key)
        if error:
            tasks.fail(session, task.id, error)
            return
        if task.kind == "reel":
            session.get_one(Reel, UUID(task.key)).output_key = "some/reel.mp4"
        else:
            post = session.get_one(Publication, UUID(task.key))
            post.post_id, post.post_url = str(post.id), "https://www.instagram.com/reel/some/"
        tasks.finish(session, task.id)


def record_outcomes() -> None:
    """Record outcomes, as a sensor tick does."""
    with transaction() as session:
        due.record_outcomes(session)


def finish_and_record(task: Task, *, error: Error | None = None) -> None:
    """Finish the run of a reel or a post, and record its outcome."""
    finish_run(task, error=error)
    record_outcomes()


def publications_of(twin: Twin) -> list[Publication]:
    """All publications of the twin's items."""
    with transaction() as session:
        return list(session.scalars(select(Publication).where(Publication.twin_id == twin.id)))


def create_item_in_status(twin: Twin, status: Status) -> UUID:
    item_id = create_item(twin)
    with transaction() as session:
        session.get_one(CalendarItem, item_id).status = status
    return item_id
