"""A calendar item on the fake platform, and what ticks, requests and runs do with it and its post."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from content_pipeline.core.calendar import due, items
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, CalendarItem, Task
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import tasks
from tests.core.publishing import posting
from tests.core.publishing.posting import PLATFORM, Stage
from tests.factories import make_item, make_twin

AHEAD = timedelta(minutes=2)


class Planned:
    """A calendar item with its video, due soon, and what ticks, requests and runs do with it."""

    def __init__(self, stage: Stage, account: Account) -> None:
        self.stage, self.workspace_id = stage, account.workspace_id
        with transaction() as session:
            twin = make_twin(session, self.workspace_id)
            item = make_item(
                session, twin, due_in=AHEAD, platform=PLATFORM, account_id=account.id, caption=f"Look! {uuid4()}"
            )
            reel = posting.make_reel(session, twin)
            task = reels.create_task(session, reel)
            tasks.mark_processing(session, task.kind, task.key)
            tasks.finish(session, task.id)
            item.reel_id = reel.id
        self.id = item.id

    @property
    def item(self) -> CalendarItem:
        with transaction() as session:
            return session.get_one(CalendarItem, self.id)

    @property
    def key(self) -> str:
        """The key of its publication."""
        return str(self.item.publication_id)

    @property
    def texts(self) -> list[str]:
        """The texts of all that was posted."""
        return [post.text for post in self.stage.platform.posted]

    def tick(self) -> list[Task]:
        """A tick of the calendar's sensor. Returns the tasks of this workspace that it starts."""
        with transaction() as session:
            _, started = due.start_posts(session, most=1000)
        with transaction() as session:
            started += due.prepare_posts(session, most=1000)
        with transaction() as session:
            due.record_outcomes(session)
        return [task for task in started if task.workspace_id == self.workspace_id]

    def prepare(self) -> BaseException | None:
        """Prepare its post ahead of its time, in a run."""
        (task,) = self.tick()
        return self.stage.run(task.key)

    def become_due(self) -> list[Task]:
        """Its time comes, and a tick. Returns the tasks that it starts."""
        posting.advance_clock_to(self.item.scheduled_at)
        return self.tick()

    def go_on(self) -> str:
        """Go on until its post has ended. Returns the status of the item."""
        self.become_due()
        self.stage.run_to_end(self.key)
        self.tick()
        return self.item.status

    def request(self, action: Callable[..., Any], *arguments: Any) -> Any:
        """Apply `action` to the locked item, as a request does."""
        with transaction() as session:
            return action(session, items.get(session, self.workspace_id, self.id, lock=True), *arguments)
