"""Keyset pagination, newest first, with an opaque cursor that stays valid while rows are added."""

import base64
import json
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, String, cast, literal, tuple_
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Invalid

Row = TypeVar("Row", bound=Any)


def newest_first(
    session: Session,
    query: Select[Row],
    table: type[Row],
    *,
    limit: int,
    cursor: str | None,
    by: str = "created_at",
) -> tuple[list[Row], str | None]:
    """A page of `query` by the time in column `by`, then `id`, and the next page's cursor (None on the last).

    Raises Invalid.
    """
    column = getattr(table, by)
    if cursor:
        time, row_id = _position(cursor)
        # The id is text in tasks, a UUID in the other tables.
        position = tuple_(time, cast(literal(row_id, String), table.id.type))
        query = query.where(tuple_(column, table.id) < position)
    query = query.order_by(column.desc(), table.id.desc()).limit(limit + 1)
    found = list(session.scalars(query))
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], base64.urlsafe_b64encode(
        json.dumps([getattr(last, by).isoformat(), str(last.id)]).encode()
    ).decode()


def _position(cursor: str) -> tuple[datetime, str]:
    try:
        time, row_id = json.loads(base64.urlsafe_b64decode(cursor))
        str(row_id).encode()  # half a surrogate pair is no text for PostgreSQL
        return datetime.fromisoformat(time), str(row_id)
    except (ValueError, TypeError) as error:
        raise Invalid(
            "This cursor was not given out by us.", code="cursor_invalid", remedy="Start again without a cursor."
        ) from error
