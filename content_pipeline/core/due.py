"""What the calendar needs now: reels made ahead of their time, and word of those that are ready or failed.

`decide` says it of one item, from plain values; the sensor `publish_scheduled_content` has it done.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core import calendar, reels, tasks
from content_pipeline.core.calendar_states import move
from content_pipeline.core.clock import now
from content_pipeline.core.errors import Error
from content_pipeline.core.models import CalendarItem, Task
from content_pipeline.core.settings import settings

Decision = Literal["render", "ready", "fail", "leave"]
_AFTER_RENDERING: Final[dict[str, Decision]] = {"done": "ready", "error": "fail", "canceled": "fail"}


def decide(item: CalendarItem, reel: Task | None, at: datetime, ahead: timedelta) -> Decision:
    """What an item needs at a moment, given the newest task of its reel. `ahead`: how long before it goes out."""
    if item.status == "scheduled" and not calendar.has_video(item) and item.scheduled_at - ahead <= at:
        return "render"
    if item.status == "rendering" and reel:
        return _AFTER_RENDERING.get(reel.state, "leave")
    return "leave"


def start_reels(session: Session, *, most: int) -> list[Task]:
    """Enter the reels of up to `most` items whose time is near. Returns the tasks to start.

    Whoever asks at the same moment gets other items: rows are locked, and locked ones are passed over.
    """
    ahead = timedelta(seconds=settings().render_ahead_seconds)
    near = select(CalendarItem).where(
        CalendarItem.status == "scheduled",
        CalendarItem.reel_id.is_(None),
        CalendarItem.reel_url.is_(None),
        CalendarItem.deleted_at.is_(None),
        CalendarItem.scheduled_at <= now() + ahead,
    )
    query = near.order_by(CalendarItem.scheduled_at, CalendarItem.id).limit(most).with_for_update(skip_locked=True)
    items = session.scalars(query).all()
    return [calendar.render(session, item) for item in items if decide(item, None, now(), ahead) == "render"]


def settle_reels(session: Session) -> None:
    """Take note of reels that were finished, and of those that could not be made."""
    rendering = select(CalendarItem).where(CalendarItem.status == "rendering", CalendarItem.deleted_at.is_(None))
    items = session.scalars(rendering.with_for_update(skip_locked=True)).all()
    newest = tasks.newest_of(session, reels.KIND, [str(item.reel_id) for item in items])
    for item in items:
        reel = newest.get(str(item.reel_id))
        match decide(item, reel, now(), timedelta()):
            case "ready":
                move(item, "scheduled")
            case "fail":
                assert reel
                assert reel.error
                move(item, "failed", reason=Error.of(reel.error))
            case _:
                pass
