"""Objects and bytes of the bucket, measured by the sweep of its files: a listing takes a request for 1,000 objects."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.storage import StoredObject
from content_pipeline.core.models import Measurement

_OBJECTS: Final = "bucket_objects"
_BYTES: Final = "bucket_bytes"


class Usage(NamedTuple):
    """What the bucket had at `taken_at`."""

    objects: float
    bytes: float
    taken_at: datetime


class BucketUsage:
    """Adds up the objects of a listing as they pass."""

    def __init__(self) -> None:
        self._objects = 0
        self._bytes = 0

    def counted(self, listing: Iterable[StoredObject]) -> Iterator[StoredObject]:
        """The objects of the listing, each counted."""
        for stored in listing:
            self._objects += 1
            self._bytes += stored.size
            yield stored

    def keep(self, session: Session) -> None:
        """Store the sums, as of now."""
        values = {_OBJECTS: self._objects, _BYTES: self._bytes}
        rows = [{"name": name, "value": value, "taken_at": now()} for name, value in values.items()]
        new = insert(Measurement).values(rows)
        kept = {"value": new.excluded.value, "taken_at": new.excluded.taken_at}
        session.execute(new.on_conflict_do_update(index_elements=[Measurement.name], set_=kept))


def last(session: Session) -> Usage | None:
    """The last sums; None before the first sweep."""
    query = select(Measurement).where(Measurement.name.in_([_OBJECTS, _BYTES]))
    found = {row.name: row for row in session.scalars(query)}
    if found.keys() != {_OBJECTS, _BYTES}:
        return None
    return Usage(found[_OBJECTS].value, found[_BYTES].value, found[_BYTES].taken_at)
