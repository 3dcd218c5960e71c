"""Twins: the personas that reels are made for."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.clock import now
from content_pipeline.core.errors import NotFound
from content_pipeline.core.models import Twin
from content_pipeline.core.pages import newest_first
from content_pipeline.core.providers.voices import catalog


def create(session: Session, *, workspace_id: UUID, name: str, voice_id: str, style_tags: Sequence[str]) -> Twin:
    """Raises Invalid for a voice that nobody knows."""
    catalog.check(voice_id)
    twin = Twin(
        id=uuid4(),
        workspace_id=workspace_id,
        name=name,
        voice_id=voice_id,
        style_tags=list(style_tags),
        created_at=now(),
    )
    session.add(twin)
    session.flush()
    return twin


def get(session: Session, workspace_id: UUID, twin_id: UUID) -> Twin:
    """Raises NotFound, for another workspace's twins too."""
    twin = session.get(Twin, twin_id)
    if twin is None or twin.workspace_id != workspace_id:
        raise NotFound(f"There is no twin {twin_id}.", code="twin_not_found")
    return twin


def list_page(
    session: Session, workspace_id: UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[Twin], str | None]:
    query = select(Twin).where(Twin.workspace_id == workspace_id)
    return newest_first(session, query, Twin, limit=limit, cursor=cursor)
