"""Holds back all open and planned posts after the restore of a backup, as they may have been published since it.

    hold_back ──▶ posts at work end as `unconfirmed`, planned items fail with the reason `restored`
    release   ──▶ items whose time is still to come are scheduled again, when a person says that they are not out

Posts that had failed or were canceled become `unconfirmed` too: they may have been retried since the backup. What a
post had prepared is forgotten: it may have been prepared anew, and the platform would truly say of the earlier upload
that it was not published.
"""

from contextlib import suppress
from typing import Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from content_pipeline.core.calendar import due, items
from content_pipeline.core.calendar.states import PLANNED, move
from content_pipeline.core.errors import Conflict, Error
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import CalendarItem, Publication, Task
from content_pipeline.core.publishing import publications
from content_pipeline.core.publishing.attempts import not_known
from content_pipeline.core.tasks import tasks

RESTORED: Final = Conflict(
    "The service was restored from an earlier backup, and this item may have been published since.",
    code="restored",
    remedy="Look at the account on the platform. If the post is not there, schedule it as a new item.",
)
_RESTORED_ITEM: Final = (CalendarItem.status == "failed", CalendarItem.reason["code"].astext == RESTORED.code)


def hold_back(session: Session) -> tuple[int, int]:
    """Let no post go out that was not published. Returns how many posts were open, and how many items of the calendar
    planned."""
    due.record_outcomes(session)  # of what had ended
    at_work = select(Task).where(Task.kind == publications.KIND, Task.state.in_(tasks.OPEN)).order_by(Task.id)
    opened = session.scalars(at_work).all()
    for task in opened:
        tasks.fail(session, task.id, not_known())
    # A withdrawn post, which stays held and which no item has, is never published.
    has_item = select(CalendarItem.id).where(CalendarItem.publication_id == Publication.id).exists()
    forgotten = {"prepared": None, "poll_at": None, "waits_until": None, "held": False}
    session.execute(
        update(Publication)
        .where(Publication.published_at.is_(None), or_(~Publication.held, has_item))
        .values(committed_at=func.coalesce(Publication.committed_at, now()), **forgotten)
    )
    planned = select(CalendarItem).where(CalendarItem.status.in_(PLANNED), CalendarItem.deleted_at.is_(None))
    held = session.scalars(planned.order_by(CalendarItem.id).with_for_update()).all()
    for item in held:
        move(session, item, "failed", reason=RESTORED)
    return len(opened), len(held)


def release(session: Session) -> tuple[int, int]:
    """Schedule the items that were held back and are still to come. Returns how many are, and how many are left.

    Left are those whose time has passed, and those that cannot be scheduled again, as a retry of theirs says why.
    """
    held = select(CalendarItem).where(*_RESTORED_ITEM, CalendarItem.deleted_at.is_(None))
    found = session.scalars(held.order_by(CalendarItem.id).with_for_update()).all()
    for item in found:
        if item.scheduled_at > now():
            with isolated("restored_posts", item.id), suppress(Error), session.begin_nested():
                item.publication_id = None  # it was prepared ahead, and its time had not come
                items.retry(session, item)
    left = sum(item.status == "failed" for item in found)
    return len(found) - left, left
