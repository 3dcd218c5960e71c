"""Backgrounds and music of the rows of a bulk CSV: links and ids, looked up for all rows together."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

import httpx
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Error, Invalid
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.infrastructure.net import link_expiry, safe_fetch
from content_pipeline.core.library import sources
from content_pipeline.core.models.uploads import UploadKind

# A cell, and the kinds of upload that its column takes.
Cell = tuple[str, frozenset[UploadKind]]


def locate(workspace_id: UUID, cells: Collection[Cell]) -> dict[Cell, str | Error]:
    """The location of the file that each cell names, by a link or an id, or the error for it."""
    elsewhere = {cell for cell in cells if _id(cell[0]) is None and not storage.key_of_url(cell[0])}
    found: dict[Cell, str | Error] = dict(_elsewhere(elsewhere))
    if here := set(cells) - elsewhere:
        with autocommit() as session:
            found |= {cell: _here(session, workspace_id, *cell) for cell in here}
    return found


def _here(session: Session, workspace_id: UUID, cell: str, kinds: frozenset[UploadKind]) -> str | Error:
    try:
        if file_id := _id(cell):
            return sources.find_any(session, workspace_id, file_id, kinds=kinds).location
        own = sources.find_own(session, workspace_id, cell, kinds=kinds)
    except Error as error:
        return error
    assert own
    return own.location


def _elsewhere(cells: Iterable[Cell]) -> Mapping[Cell, str | Error]:
    """The links to other servers, each host looked up once."""
    origins = {cell: _origin(cell[0]) for cell in cells}
    refusals = safe_fetch.refusals(set(origins.values()))
    return {cell: refusals.get(origin) or _expired(cell[0]) or cell[0] for cell, origin in origins.items()}


def _expired(url: str) -> Invalid | None:
    try:
        link_expiry.check(url, needed_at=now())
    except Invalid as error:
        return error
    return None


def _origin(url: str) -> str:
    """The origin, which decides whether a URL may be fetched."""
    try:
        return str(httpx.URL(url).copy_with(raw_path=b"/"))
    except httpx.InvalidURL:
        return url


def _id(cell: str) -> UUID | None:
    try:
        return UUID(cell)
    except ValueError:
        return None
