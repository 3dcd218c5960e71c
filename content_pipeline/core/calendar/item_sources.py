"""The video that a client names for a calendar item, in place of one made of its script."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from content_pipeline.core.errors import NotFound
from content_pipeline.core.library import sources, uploads
from content_pipeline.core.library.sources import Source, SourceIds, Stored
from content_pipeline.core.models import AvatarVideo, BurnIn, CalendarItem, Reel, Upload

_NONE: Final = SourceIds()
NAMES: Final = frozenset(asdict(_NONE))


def columns(
    session: Session, workspace_id: UUID, fields: Mapping[str, Any], item: CalendarItem | None = None
) -> dict[str, Any]:
    """These fields of a request with the columns of its source in place of the names of one.

    There are none of a source where the request leaves the item's as it is. A source replaces the item's, and null
    removes it. Raises as `sources.resolve` does.
    """
    named = {name: value for name, value in fields.items() if name in NAMES}
    others = {name: value for name, value in fields.items() if name not in NAMES}
    given, present = SourceIds(**named), ids(item) if item else _NONE
    # The captions of the item may have been burned into a newer video since.
    if given.given() and (given.given() != present.given() or given.caption_id):
        return others | _columns(sources.resolve(session, workspace_id, given))
    if not given.given() and item and item.is_video_given and named.keys() & present.given().keys():
        return others | _columns(None)
    return others


def ids(item: CalendarItem) -> SourceIds:
    """The names of the item's present video, also of one that is made of its script."""
    return SourceIds(
        reel_url=item.reel_url,
        reel_id=item.reel_id,
        avatar_job_id=item.avatar_video_id,
        caption_id=item.caption_id,
        upload_id=item.upload_id,
    )


def stored(session: Session, item: CalendarItem) -> Stored | None:
    """The item's video, if it is one that is stored here, finished or not. Raises NotFound for a deleted upload."""
    if item.reel_id:
        return session.get_one(Reel, item.reel_id)
    if item.avatar_video_id:
        return session.get_one(AvatarVideo, item.avatar_video_id)
    if item.burn_in_id:
        return session.get_one(BurnIn, item.burn_in_id)
    return uploads.get(session, item.workspace_id, item.upload_id) if item.upload_id else None


def video_url(session: Session, item: CalendarItem) -> str | None:
    """A signed URL of the item's video, if it is stored here and finished; None also for a deleted upload."""
    try:
        video = stored(session, item)
    except NotFound:
        return None
    return sources.signed_url(video) if video else None


def source(session: Session, item: CalendarItem) -> Source:
    """What is posted: the item's video, with its script. No host name is looked up. Raises as `stored` does."""
    video = stored(session, item)
    found = sources.of_stored(session, video) if video else Source(url=item.reel_url)
    return replace(found, script=item.script or found.script)


def _columns(named: Source | None) -> dict[str, Any]:
    file = named and named.stored
    return {
        "reel_url": named and named.url,
        "reel_id": file.id if isinstance(file, Reel) else None,
        "avatar_video_id": file.id if isinstance(file, AvatarVideo) else None,
        "burn_in_id": file.id if isinstance(file, BurnIn) else None,
        "caption_id": file.caption_id if isinstance(file, BurnIn) else None,
        "upload_id": file.id if isinstance(file, Upload) else None,
        "is_video_given": named is not None,
    }
