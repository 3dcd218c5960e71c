"""Rows of the database as operators see them: by table and id, without the columns that hold secrets."""

from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import LargeBinary, Table, func, select

from content_pipeline.core import models
from content_pipeline.core.database import autocommit
from content_pipeline.core.errors import NotFound

PATH: Final = "/records"
_TABLES: Final = {
    model.__tablename__: cast(Table, model.__table__)
    for model in (
        *(models.Account, models.Twin, models.CalendarItem, models.Publication, models.SocialPost),
        *(models.Reel, models.Batch, models.AvatarVideo, models.Caption, models.BurnIn, models.Upload),
        *(models.AnalyticsExport, models.WorkspaceExport),
    )
}
# Columns that hold the key of an object in the bucket.
_OBJECT_KEYS: Final = ("output_key", "narration_key", "source_key", "file_key")


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a row, with its value as JSON has it.

    `refers_to` is the address of the row that it names, `object_key` that of a file in the bucket.
    """

    name: str
    value: Any
    refers_to: str | None = None
    object_key: str | None = None


def path(table: str, row_id: object) -> str:
    """The address of a row at Dagster's webserver."""
    return f"{PATH}/{table}/{row_id}"


def read(table: str, row_id: str) -> list[Field]:
    """The columns of a row that have a value. Raises NotFound for what is no such row."""
    try:
        found, key = _TABLES[table], UUID(row_id)
    except (KeyError, ValueError) as error:
        raise NotFound("There is no such row.") from error
    with autocommit() as session:
        row = session.scalar(select(func.to_jsonb(found.table_valued())).where(found.columns["id"] == key))
    if row is None:
        raise NotFound("There is no such row: it was never made, or was deleted.")
    # Binary columns are encrypted, like tokens; or bytes that nobody can read.
    shown = [column for column in found.columns if not isinstance(column.type, LargeBinary)]
    return [_field(column, row[column.name]) for column in shown if row[column.name] is not None]


def _field(column: Any, value: Any) -> Field:
    parents = [reference.column.table.name for reference in column.foreign_keys]
    return Field(
        column.name,
        value,
        refers_to=next((path(parent, value) for parent in parents if parent in _TABLES), None),
        object_key=value if column.name in _OBJECT_KEYS else None,
    )
