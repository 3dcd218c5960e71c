"""A new encryption key takes over: what older ones sealed is sealed anew."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from content_pipeline.core import encryption
from content_pipeline.core.database import transaction
from content_pipeline.core.models import Account, Publication

# What is not here ends by itself within minutes.
_SEALED: Final[dict[type[Account] | type[Publication], Sequence[str]]] = {
    Account: ("access_token", "refresh_token"),
    Publication: ("prepared",),
}


def reencrypt() -> int:
    """Seal with the first key all that another one sealed. Returns in how many rows.

    One row at a time: who works on it waits no longer than that takes. Raises Unavailable when a key is missing.
    """
    with transaction() as session:
        places = [
            (table, row_id)
            for table, columns in _SEALED.items()
            for row_id in session.scalars(
                select(table.id).where(or_(*(getattr(table, column).is_not(None) for column in columns)))
            )
        ]
    return sum(_reseal(table, row_id) for table, row_id in places)


def _reseal(table: type[Account] | type[Publication], row_id: UUID) -> bool:
    changed = False
    with transaction() as session:
        row = session.get_one(table, row_id, with_for_update={"key_share": True})
        for column in _SEALED[table]:
            sealed: bytes | None = getattr(row, column)
            if sealed and not encryption.is_current(sealed):
                about = encryption.associated_data(table.__tablename__, row_id, column)
                setattr(row, column, encryption.encrypt(encryption.decrypt(sealed, about), about))
                changed = True
    return changed
