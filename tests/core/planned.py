"""Calendar items for tests, and what requests, runs and ticks do with them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from content_pipeline.core import calendar, due, reels, tasks
from content_pipeline.core.database import transaction
from content_pipeline.core.errors import Broken, Error
from content_pipeline.core.models import CalendarItem, Task, Twin
from content_pipeline.core.models.calendar import Status
from tests.factories import make_item

OWN_VIDEO = "https://8.8.8.8/reel.mp4"
BROKEN = Broken("It broke.", remedy="Retry it.")


def enter(twin: Twin, **fields: Any) -> UUID:
    with transaction() as session:
        return make_item(session, twin, **fields).id


def item(item_id: UUID) -> CalendarItem:
    with transaction() as session:
        return session.get_one(CalendarItem, item_id)


def act(twin: Twin, item_id: UUID, deed: Callable[..., Any], *arguments: Any) -> Any:
    """Do it to the locked item, as a request does."""
    with transaction() as session:
        return deed(session, calendar.get(session, twin.workspace_id, item_id, lock=True), *arguments)


def start_reels(twin: Twin) -> list[Task]:
    """The tasks of the reels that a tick starts for this twin's items."""
    with transaction() as session:
        started = due.start_reels(session, most=1000)
    return [task for task in started if task.workspace_id == twin.workspace_id]


def end(task: Task, *, error: Error | None = None) -> None:
    """As the reel's run does."""
    with transaction() as session:
        tasks.take(session, reels.KIND, task.key)
        if error:
            tasks.fail(session, task.id, error)
        else:
            tasks.finish(session, task.id)


def note() -> None:
    """As a tick takes note of reels that have ended."""
    with transaction() as session:
        due.settle_reels(session)


def settle(task: Task, *, error: Error | None = None) -> None:
    """The reel's run ends, and a tick takes note."""
    end(task, error=error)
    note()


def in_status(twin: Twin, status: Status) -> UUID:
    item_id = enter(twin)
    with transaction() as session:
        session.get_one(CalendarItem, item_id).status = status
    return item_id
