"""Key rotation: re-encrypts all columns that an older encryption key encrypted."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from content_pipeline.core import encryption
from content_pipeline.core.database import transaction
from content_pipeline.core.models import Account, Publication, WebhookEndpoint

Table = type[Account] | type[Publication] | type[WebhookEndpoint]

# Other encrypted values expire within a day.
_ENCRYPTED_COLUMNS: Final[dict[Table, Sequence[str]]] = {
    Account: ("access_token", "refresh_token"),
    Publication: ("prepared",),
    WebhookEndpoint: ("secret", "previous_secret"),
}


def reencrypt() -> int:
    """Re-encrypt with the first key what another one encrypted. Returns the number of rows.

    One transaction per row, so that no row stays locked for long. Raises Unavailable when a key is missing.
    """
    with transaction() as session:
        rows = [
            (table, row_id)
            for table, columns in _ENCRYPTED_COLUMNS.items()
            for row_id in session.scalars(
                select(table.id).where(or_(*(getattr(table, column).is_not(None) for column in columns)))
            )
        ]
    return sum(_reencrypt_row(table, row_id) for table, row_id in rows)


def _reencrypt_row(table: Table, row_id: UUID) -> bool:
    changed = False
    with transaction() as session:
        row = session.get(table, row_id, with_for_update={"key_share": True})
        if row is None:  # a webhook that was deleted meanwhile
            return False
        for column in _ENCRYPTED_COLUMNS[table]:
            encrypted: bytes | None = getattr(row, column)
            if encrypted and not encryption.is_current(encrypted):
                data = encryption.associated_data(table.__tablename__, row_id, column)
                setattr(row, column, encryption.encrypt(encryption.decrypt(encrypted, data), data))
                changed = True
    return changed
