"""Labels of runs that operators read and filter by: the twin, the platform and the calendar item of a row."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import false, select
from sqlalchemy.orm import Session, aliased

from content_pipeline.core.models import AnalyticsExport, AvatarVideo, CalendarItem, Publication, Reel, Twin
from content_pipeline.core.tasks import kinds, source_twins

# By kind: the table of its rows, and the column by which a calendar item names one.
_ROWS: Final[dict[str, tuple[type[Any], str | None]]] = {
    kinds.REEL.name: (Reel, "reel_id"),
    kinds.AVATAR.name: (AvatarVideo, "avatar_video_id"),
    kinds.PUBLICATION.name: (Publication, "publication_id"),
    kinds.VIDEO_COPY.name: (CalendarItem, "id"),
    kinds.EXPORT.name: (AnalyticsExport, None),
}


def of_row(session: Session, kind: str, key: str) -> dict[str, str]:
    """The labels of a row of this kind; none for a kind without them, and for a row that is purged."""
    match kind:
        case kinds.CAPTION.name:
            return _of_twin(session, source_twins.of_captions(session, UUID(key)))
        case kinds.BURN_IN.name:
            return _of_twin(session, source_twins.of_burn_in(session, UUID(key)))
    if kind not in _ROWS:
        return {}
    row, named_by = _ROWS[kind]
    item = aliased(CalendarItem)
    query = (
        select(Twin.name, row.platform, item.id)
        .select_from(row)
        .outerjoin(Twin, Twin.id == row.twin_id)
        .outerjoin(item, getattr(item, named_by) == row.id if named_by else false())
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


def _of_twin(session: Session, twin_id: UUID | None) -> dict[str, str]:
    twin = session.get(Twin, twin_id) if twin_id else None
    return {"twin": twin.name} if twin else {}
