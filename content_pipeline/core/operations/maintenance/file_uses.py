"""Whether unfinished work needs stored files: a task, a planned item of the calendar, or the defaults of a twin.

Which tables can name one is read from their columns, so a new table is not forgotten.
"""

from collections.abc import Callable, Collection
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, String, Table, Text, cast, exists, or_, select
from sqlalchemy.orm import Session

from content_pipeline.core.calendar.states import PLANNED
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import Base
from content_pipeline.core.models import CalendarItem, Task, Twin, Upload
from content_pipeline.core.tasks.tasks import OPEN

# Columns that take a URL of a client, or the URI of an object.
_LOCATIONS: Final = ("source_url", "background_url", "music_url", "reel_url")

Named = Callable[[Table], list[ColumnElement[bool]]]


def is_upload_needed(session: Session, upload: Upload) -> bool:
    """Whether unfinished work names an upload: by its id, by the URI of its file, or by our link as a cover."""

    def named(table: Table) -> list[ColumnElement[bool]]:
        return [*_by_id(table, upload), *_by_uri(table, [upload.file_key]), *_by_link(table, upload)]

    return _is_needed(session, upload.workspace_id, named)


def are_needed(session: Session, workspace_id: UUID, keys: Collection[str]) -> bool:
    """Whether unfinished work names one of these objects of a workspace by its URI."""
    return _is_needed(session, workspace_id, lambda table: _by_uri(table, keys))


def _is_needed(session: Session, workspace_id: UUID, named: Named) -> bool:
    for table in Base.metadata.tables.values():
        if conditions := named(table):
            own = table.columns["workspace_id"] == workspace_id  # has an index, locations have none
            if session.scalar(select(exists().where(own, or_(*conditions), _is_unfinished(table)))):
                return True
    return False


def _by_id(table: Table, upload: Upload) -> list[ColumnElement[bool]]:
    return [
        column == upload.id
        for column in table.columns
        if any(key.column.table is Upload.__table__ for key in column.foreign_keys)
    ]


def _by_uri(table: Table, keys: Collection[str]) -> list[ColumnElement[bool]]:
    return [table.columns[name].in_(map(storage.uri, keys)) for name in _LOCATIONS if name in table.columns]


def _by_link(table: Table, upload: Upload) -> list[ColumnElement[bool]]:
    if table is Twin.__table__:
        return [cast(Twin.platform_defaults, Text).contains(upload.file_key)]
    if "options" in table.columns:
        return [table.columns["options"]["cover_url"].astext.contains(upload.file_key)]
    return []


def _is_unfinished(table: Table) -> ColumnElement[bool]:
    """Whether work on a row of this table goes on: the condition of a query."""
    if table is Twin.__table__:
        return Twin.deleted_at.is_(None)
    if table is CalendarItem.__table__:
        return CalendarItem.status.in_(PLANNED) & CalendarItem.deleted_at.is_(None)
    row = cast(table.columns["id"], String)
    return exists().where(Task.state.in_(OPEN), or_(Task.key == row, Task.subject_key == row))
