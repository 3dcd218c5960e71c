"""Looks up the twin of captions and burn-ins, by their source video or by their calendar item."""

import re
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.models import AvatarVideo, BurnIn, CalendarItem, Caption, Reel

# The URI of a video that was made here. Not by core/infrastructure/storage.py: boto3 takes 20 MB of the webserver.
_MADE_HERE: Final = re.compile(r"s3://[^/]+/[^/]+/(?:(reels|avatars)/([^/]+)/|captions/[^/]+/burn_ins/([^/.]+)\.)")


def of_captions(session: Session, caption_id: UUID) -> UUID | None:
    """The id of the twin; None for a recording of which it is not known, and for captions that are purged."""
    # Not the whole row: the words of an hour are megabytes.
    source = session.scalar(select(Caption.source_url).where(Caption.id == caption_id))
    return _of_video(session, source) or _of_item(session, caption_id=caption_id)


def of_burn_in(session: Session, burn_in_id: UUID) -> UUID | None:
    """As `of_captions`; the video may be another one than the recording of the captions."""
    burned = session.get(BurnIn, burn_in_id)
    if burned is None:
        return None
    own = _of_video(session, burned.source_url) or _of_item(session, burn_in_id=burn_in_id)
    return own or of_captions(session, burned.caption_id)


def _of_video(session: Session, uri: str | None) -> UUID | None:
    found = _MADE_HERE.match(uri or "")
    if found is None:
        return None
    folder, video_id, burn_in_id = found.groups()
    if burn_in_id:
        return of_burn_in(session, UUID(burn_in_id))
    video = Reel if folder == "reels" else AvatarVideo
    return session.scalar(select(video.twin_id).where(video.id == UUID(video_id)))


def _of_item(session: Session, **named: UUID) -> UUID | None:
    """The twin of the first calendar item that names a row by this column."""
    return session.scalar(select(CalendarItem.twin_id).filter_by(**named).order_by(CalendarItem.created_at).limit(1))
