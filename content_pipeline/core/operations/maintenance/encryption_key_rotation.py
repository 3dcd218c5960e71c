"""Key rotation: re-encrypts all columns that an older encryption key encrypted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, Publication, WebhookEndpoint

Table = type[Account] | type[Publication] | type[WebhookEndpoint]

# Other encrypted values expire within a day.
_ENCRYPTED_COLUMNS: Final[dict[Table, Sequence[str]]] = {
    Account: ("access_token", "refresh_token"),
    Publication: ("prepared",),
    WebhookEndpoint: ("secret", "previous_secret"),
}


@dataclass(frozen=True, slots=True)
class Rotation:
    """How many rows were re-encrypted, and which failed: table and id, with the reason."""

    reencrypted: int
    failed: Mapping[str, Error]


def reencrypt() -> Rotation:
    """Re-encrypt with the first key what another one encrypted. A row that cannot be decrypted stays as it is.

    One transaction per row, so that no row stays locked for long.
    """
    reencrypted, failed = 0, dict[str, Error]()
    for table, row_id in _rows():
        try:
            reencrypted += _reencrypt_row(table, row_id)
        except Error as error:
            failed[f"{table.__tablename__} {row_id}"] = error
    return Rotation(reencrypted, failed)


def unreadable() -> Mapping[str, Error]:
    """The rows of which something cannot be decrypted: table and id, with the reason."""
    failed = {}
    for table, row_id in _rows():
        with transaction() as session:
            row = session.get(table, row_id)
        try:
            for column in _ENCRYPTED_COLUMNS[table]:
                if encrypted := getattr(row, column, None):
                    encryption.decrypt(encrypted, encryption.associated_data(table.__tablename__, row_id, column))
        except Error as error:
            failed[f"{table.__tablename__} {row_id}"] = error
    return failed


def _rows() -> list[tuple[Table, UUID]]:
    """The rows with something encrypted."""
    with transaction() as session:
        return [
            (table, row_id)
            for table, columns in _ENCRYPTED_COLUMNS.items()
            for row_id in session.scalars(
                select(table.id).where(or_(*(getattr(table, column).is_not(None) for column in columns)))
            )
        ]


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
