"""How a calendar item stands, and the only moves it can make.

    scheduled ──▶ rendering ──▶ scheduled, with its reel ──▶ publishing ──▶ published
        │           │    │                │                      │
        ▼           ▼    └────────────────┴──▶ failed ◀──────────┘
     canceled ◀─────┘                         (a retry makes failed and canceled ones `scheduled` again)

Whoever moves an item has locked its row, so that of two who want different things one finds it moved already.
"""

from typing import Final

from content_pipeline.core.errors import Conflict, Error
from content_pipeline.core.models import CalendarItem
from content_pipeline.core.models.calendar import Status

# To go out at some time, as far as it depends on us.
PLANNED: Final[tuple[Status, ...]] = ("scheduled", "rendering", "publishing")
# Not on its way: a person may change it.
CHANGEABLE: Final[tuple[Status, ...]] = ("scheduled", "failed", "canceled")

MOVES: Final[dict[Status, frozenset[Status]]] = {
    "scheduled": frozenset({"rendering", "publishing", "failed", "canceled"}),
    "rendering": frozenset({"scheduled", "failed", "canceled"}),
    "publishing": frozenset({"published", "failed"}),
    "published": frozenset(),
    "failed": frozenset({"scheduled"}),
    "canceled": frozenset({"scheduled"}),
}


def move(item: CalendarItem, to: Status, *, reason: Error | None = None) -> None:
    """Move a locked item; `reason` says why it fails or is canceled. Raises Conflict for a move that it cannot make."""
    if to not in MOVES[item.status]:
        raise Conflict(
            f"This item is {item.status}.", code=f"item_{item.status}", remedy="Look at it again, and decide anew."
        )
    item.status = to
    item.reason = reason.to_dict() if reason else None
