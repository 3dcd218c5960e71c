"""What the calendar needs now: reels made ahead of their time, posts at it, and word of those that are done or failed.

`decide` says it of one item, from plain values; the sensor `publish_scheduled_content` has it done.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, not_, or_, select
from sqlalchemy.orm import Session

from content_pipeline.core import calendar_work, publications, reels, tasks
from content_pipeline.core.calendar_states import move
from content_pipeline.core.clock import now
from content_pipeline.core.errors import Error
from content_pipeline.core.models import CalendarItem, Task
from content_pipeline.core.settings import settings

Decision = Literal["render", "publish", "ready", "published", "fail", "leave"]
# How an item goes on, by where it is and how the work that it waits for has ended.
_NEXT: Final[dict[tuple[str, str], Decision]] = {
    ("rendering", "done"): "ready",
    ("rendering", "error"): "fail",
    ("rendering", "canceled"): "fail",
    ("publishing", "done"): "published",
    ("publishing", "error"): "fail",
    ("publishing", "canceled"): "fail",
}
_HAS_VIDEO: Final = or_(CalendarItem.reel_id.is_not(None), CalendarItem.reel_url.is_not(None))


def decide(item: CalendarItem, at_work: Task | None, at: datetime, ahead: timedelta) -> Decision:
    """What an item needs at a moment, given the newest task of what is being done for it: its reel, or its post.

    `ahead` is how long before its time a reel is made.
    """
    has_video = calendar_work.has_video(item)
    if item.status == "scheduled" and has_video and item.scheduled_at <= at:
        return "publish"
    if item.status == "scheduled" and not has_video and item.scheduled_at - ahead <= at:
        return "render"
    return _NEXT.get((item.status, at_work.state), "leave") if at_work else "leave"


def start_reels(session: Session, *, most: int) -> list[Task]:
    """Enter the reels of up to `most` items whose time is near. Returns the tasks to start."""
    ahead = timedelta(seconds=settings().render_ahead_seconds)
    items = _claim(session, not_(_HAS_VIDEO), CalendarItem.scheduled_at <= now() + ahead, most=most)
    return [calendar_work.render(session, item) for item in items if decide(item, None, now(), ahead) == "render"]


def start_posts(session: Session, *, most: int) -> list[Task]:
    """Enter the posts of up to `most` items whose time has come. Returns the tasks to start.

    An item that has no account to go to fails, and says so.
    """
    items = _claim(session, _HAS_VIDEO, CalendarItem.scheduled_at <= now(), most=most)
    due = [item for item in items if decide(item, None, now(), timedelta()) == "publish"]
    return [task for item in due for task in _start_post(session, item)]


def _start_post(session: Session, item: CalendarItem) -> list[Task]:
    try:
        return calendar_work.publish(session, item)
    except Error as error:
        move(item, "failed", reason=error)
        return []


def _claim(session: Session, *conditions: ColumnElement[bool], most: int) -> Sequence[CalendarItem]:
    """The first scheduled items of which this holds, locked.

    Whoever asks at the same moment gets others: locked rows are passed over.
    """
    query = select(CalendarItem).where(
        CalendarItem.status == "scheduled", CalendarItem.deleted_at.is_(None), *conditions
    )
    query = query.order_by(CalendarItem.scheduled_at, CalendarItem.id).limit(most)
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def settle(session: Session) -> None:
    """Take note of reels and posts that are done, and of those that failed."""
    at_work = select(CalendarItem).where(
        CalendarItem.status.in_(["rendering", "publishing"]), CalendarItem.deleted_at.is_(None)
    )
    items = session.scalars(at_work.with_for_update(skip_locked=True)).all()
    newest = _newest_tasks(session, items)
    for item in items:
        task = newest.get(item.id)
        match decide(item, task, now(), timedelta()):
            case "ready":
                move(item, "scheduled")
            case "published":
                move(item, "published")
            case "fail":
                assert task
                assert task.error
                move(item, "failed", reason=Error.of(task.error))
            case _:
                pass


def _newest_tasks(session: Session, items: Sequence[CalendarItem]) -> dict[UUID, Task]:
    """By item, the newest try at what is being done for it."""
    made = {str(item.reel_id): item.id for item in items if item.status == "rendering"}
    posted = {str(item.publication_id): item.id for item in items if item.status == "publishing"}
    return {
        **{made[key]: task for key, task in tasks.newest_of(session, reels.KIND, made).items()},
        **{posted[key]: task for key, task in tasks.newest_of(session, publications.KIND, posted).items()},
    }
