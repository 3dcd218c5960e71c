"""Labels of runs that operators read and filter by: the twin, the platform and the calendar item of a row."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from content_pipeline.core.models import AvatarVideo, CalendarItem, Publication, Reel, Twin
from content_pipeline.core.tasks import kinds

# By kind: the table of its rows, and the column by which a calendar item names one.
_ROWS: Final[dict[str, tuple[type[Any], str]]] = {
    kinds.REEL.name: (Reel, "reel_id"),
    kinds.AVATAR.name: (AvatarVideo, "avatar_video_id"),
    kinds.PUBLICATION.name: (Publication, "publication_id"),
    kinds.VIDEO_COPY.name: (CalendarItem, "id"),
}


def of_row(session: Session, kind: str, key: str) -> dict[str, str]:
    """The labels of a row of this kind; none for a kind without them, and for a row that is purged."""
    if kind not in _ROWS:
        return {}
    row, named_by = _ROWS[kind]
    item = aliased(CalendarItem)
    query = (
        select(Twin.name, row.platform, item.id)
        .select_from(row)
        .outerjoin(Twin, Twin.id == row.twin_id)
        .outerjoin(item, getattr(item, named_by) == row.id)
        .where(row.id == UUID(key))
        .order_by(item.created_at)  # the first is the one that it was made for: others may name it too
        .limit(1)
    )
    found = session.execute(query).one_or_none() or (None, None, None)
    # Each tag is a line in the list of runs, which shows five a screen if each has four: Dagster hides what begins with
    # `dagster/`. An id says nothing there, and of a video that is not posted yet its platform says little.
    platform = "platform" if kind == kinds.PUBLICATION.name else "dagster/platform"
    labels = zip(("twin", platform, "dagster/calendar_item"), found, strict=True)
    return {name: str(label) for name, label in labels if label}
