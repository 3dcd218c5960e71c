"""Rows of a workspace as lines of JSON, table by table, without secrets and what was deleted."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, JSON, ColumnElement, LargeBinary, Table, Text, cast, func, select, tuple_

from content_pipeline.core.infrastructure.database import Base, transaction
from content_pipeline.core.models import Account, BurnIn, Caption, Twin, Workspace
from content_pipeline.core.models.pydantic_json import PydanticJSON

# This many rows are read at once: the captions of an hour have some megabytes, but those are in JSON. Figures have a
# hundred bytes a row, and were most of the pages.
_ROWS_AT_ONCE: Final = 1_000
_ROWS_WITH_JSON_AT_ONCE: Final = 50
# These tables belong to the service and not to the workspace: secrets of running flows, queues, roles of the database.
INTERNAL: Final = frozenset(
    {
        "analysts",
        "connect_states",
        "multipart_uploads",
        "pending_derivations",
        "webhook_deliveries",
        "workspace_exports",
    }
)


def tables() -> dict[str, Table]:
    """The tables with rows of workspaces, by name."""
    found = {table.name: table for table in Base.metadata.sorted_tables if _owner(table, None) is not None}
    return {name: table for name, table in found.items() if name not in INTERNAL}


def lines(table: Table, workspace_id: UUID) -> Iterator[bytes]:
    """Each of the workspace's rows as a line of JSON.

    Read page by page, each in a transaction of its own: a store that is slow to take the file must not keep one open.
    """
    key = tuple_(*table.primary_key.columns)
    # Binary columns are left out: they are encrypted or hashed, like tokens and API keys, or can be made again from the
    # rest, like vectors.
    binary = [column.name for column in table.columns if isinstance(column.type, LargeBinary)]
    row = cast(func.to_jsonb(table.table_valued()).op("-")(cast(binary, ARRAY(Text))), Text)
    owned = _owner(table, workspace_id)
    assert owned is not None
    query = select(row, *table.primary_key.columns).where(owned).order_by(*table.primary_key.columns)
    if "deleted_at" in table.columns:
        query = query.where(table.columns["deleted_at"].is_(None))
    if table is BurnIn.__table__:  # deleted with their captions
        query = query.where(BurnIn.caption_id.in_(select(Caption.id).where(Caption.deleted_at.is_(None))))
    has_json = any(isinstance(column.type, JSON | PydanticJSON) for column in table.columns)
    most = _ROWS_WITH_JSON_AT_ONCE if has_json else _ROWS_AT_ONCE
    last: tuple[object, ...] | None = None
    while True:
        page = query if last is None else query.where(key > tuple_(*last))
        with transaction() as session:
            found = session.execute(page.limit(most)).all()
        yield from (f"{line}\n".encode() for line, *_ in found)
        if len(found) < most:
            return
        _, *position = found[-1]
        last = tuple(position)


def _owner(table: Table, workspace_id: UUID | None) -> ColumnElement[bool] | None:
    """The condition that a row is the workspace's; None for a table without rows of workspaces."""
    if table is Workspace.__table__:
        return table.columns["id"] == workspace_id
    if "workspace_id" in table.columns:
        return table.columns["workspace_id"] == workspace_id
    for name, parent in (("account_id", Account), ("twin_id", Twin)):
        if name in table.columns:
            return table.columns[name].in_(select(parent.id).where(parent.workspace_id == workspace_id))
    return None
