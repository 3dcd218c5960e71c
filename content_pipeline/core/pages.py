"""Lists, newest first, a page at a time, by an opaque cursor that stays right while rows are added."""

import base64
import json
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, String, cast, literal, tuple_
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Invalid

Row = TypeVar("Row", bound=Any)


def newest_first(
    session: Session, query: Select[Row], table: type[Row], *, limit: int, cursor: str | None
) -> tuple[list[Row], str | None]:
    """A page of `query` by `created_at`, `id`, and the next page's cursor (None on the last). Raises Invalid."""
    if cursor:
        created_at, row_id = _position(cursor)
        # Tasks have text as their id, the other rows a UUID.
        position = tuple_(created_at, cast(literal(row_id, String), table.id.type))
        query = query.where(tuple_(table.created_at, table.id) < position)
    query = query.order_by(table.created_at.desc(), table.id.desc()).limit(limit + 1)
    found = list(session.scalars(query))
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], base64.urlsafe_b64encode(
        json.dumps([last.created_at.isoformat(), str(last.id)]).encode()
    ).decode()


def _position(cursor: str) -> tuple[datetime, str]:
    try:
        created_at, row_id = json.loads(base64.urlsafe_b64decode(cursor))
        return datetime.fromisoformat(created_at), str(row_id)
    except (ValueError, TypeError) as error:
        raise Invalid(
            "This cursor was not given out by us.", code="cursor_invalid", remedy="Start again without a cursor."
        ) from error
