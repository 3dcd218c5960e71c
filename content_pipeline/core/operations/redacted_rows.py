"""Rows of the database as operators see them: by table and id, without the columns that hold secrets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import LargeBinary, Table, func, select
from sqlalchemy.orm import Session

from content_pipeline.core import models
from content_pipeline.core.errors import NotFound
from content_pipeline.core.infrastructure.database import autocommit

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
# Nothing is made of these rows, and thousands name each: no index finds the reels of a twin.
_NAMED_BY_THOUSANDS: Final = ("twins", "accounts")
# The newest rows that name a row in one column. A batch may have more.
_MOST_NAMING: Final = 100


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a row, with its value as JSON has it; or, under `table.column`, the id of a row that names it there.

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
    """The columns of a row that have a value, then the rows that name it, such as the posts of a reel.

    Raises NotFound for what is no such row.
    """
    try:
        found, key = _TABLES[table], UUID(row_id)
    except (KeyError, ValueError) as error:
        raise NotFound("There is no such row.") from error
    with autocommit() as session:
        row = session.scalar(select(func.to_jsonb(found.table_valued())).where(found.columns["id"] == key))
        if row is None:
            raise NotFound("There is no such row: it was never made, or was deleted.")
        naming = list(_naming(session, found, key, UUID(row["workspace_id"])))
    # Binary columns are encrypted, like tokens; or bytes that nobody can read.
    shown = [column for column in found.columns if not isinstance(column.type, LargeBinary)]
    return [*(_field(column, row[column.name]) for column in shown if row[column.name] is not None), *naming]


def _field(column: Any, value: Any) -> Field:
    parents = [reference.column.table.name for reference in column.foreign_keys]
    return Field(
        column.name,
        value,
        refers_to=next((path(parent, value) for parent in parents if parent in _TABLES), None),
        object_key=value if column.name in _OBJECT_KEYS else None,
    )


def _naming(session: Session, table: Table, key: UUID, workspace_id: UUID) -> Iterator[Field]:
    """The rows that name a row in a foreign key, the newest of each column first: they are made after it."""
    if table.name in _NAMED_BY_THOUSANDS:
        return
    for child in _TABLES.values():
        # Posts on the platforms have another time, but of a publication there is one.
        newest = child.columns["created_at" if "created_at" in child.columns else "id"].desc()
        for column in child.columns:
            if column.references(table.columns["id"]):
                # With the workspace, whose index is used where the column has none, as `publications.upload_id`.
                query = select(child.columns["id"]).where(column == key, child.columns["workspace_id"] == workspace_id)
                for row_id in session.scalars(query.order_by(newest).limit(_MOST_NAMING)):
                    yield Field(f"{child.name}.{column.name}", str(row_id), refers_to=path(child.name, row_id))
