"""State machine of calendar items: the statuses and the allowed transitions.

    scheduled ──▶ rendering ──▶ scheduled, with its reel ──▶ publishing ──▶ published
        │           │    │                │                      │
        ▼           ▼    └────────────────┴──▶ failed ◀──────────┘
     canceled ◀─────┘                         (a retry makes failed and canceled ones `scheduled` again)

The caller has locked the row: of two concurrent transitions, the second sees the first. Each transition is recorded as
a webhook event in the same transaction, and so is the creation.
"""

from typing import Final

from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, Error
from content_pipeline.core.models import CalendarItem
from content_pipeline.core.models.calendar import Status
from content_pipeline.core.webhooks import events

# Statuses of items that will be published.
PLANNED: Final[tuple[Status, ...]] = ("scheduled", "rendering", "publishing")
# Statuses in which a client may change the item.
CHANGEABLE: Final[tuple[Status, ...]] = ("scheduled", "failed", "canceled")

MOVES: Final[dict[Status, frozenset[Status]]] = {
    "scheduled": frozenset({"rendering", "publishing", "failed", "canceled"}),
    "rendering": frozenset({"scheduled", "failed", "canceled"}),
    "publishing": frozenset({"published", "failed"}),
    "published": frozenset(),
    "failed": frozenset({"scheduled"}),
    "canceled": frozenset({"scheduled"}),
}


def move(session: Session, item: CalendarItem, to: Status, *, reason: Error | None = None) -> None:
    """Set the status of a locked item; `reason` for failed and canceled. Raises Conflict for other transitions."""
    if to not in MOVES[item.status]:
        raise Conflict(
            f"This item is {item.status}.", code=f"item_{item.status}", remedy="Get the item to see its status."
        )
    item.status = to
    item.reason = reason.to_dict() if reason else None
    record_status(session, item)


def record_status(session: Session, item: CalendarItem) -> None:
    """Record the item's status as a webhook event: at each transition, and when the item is created."""
    data = {
        "item_id": item.id,
        "status": item.status,
        "reason": item.reason,
        "platform": item.platform,
        "scheduled_at": item.scheduled_at,
        "twin_id": item.twin_id,
        "reel_id": item.reel_id,
        "avatar_job_id": item.avatar_video_id,
        "account_id": item.account_id,
        "publication_id": item.publication_id,
    }
    events.record(session, item.workspace_id, f"calendar_item.{item.status}", data)
