"""Webhook events of HeyGen: each makes the next poll of its video due, and nothing else.

So an event may come late, twice, in any order or not at all: what happens to a video is decided by its status, which
the poll reads.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from content_pipeline.core.avatars import heygen
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import AvatarVideo, ReceivedEvent

PATH: Final = "/api/v1/webhooks/heygen"
# HeyGen repeats an event for a day.
KEPT: Final = timedelta(days=2)


def receive(session: Session, body: bytes, headers: Mapping[str, str]) -> None:
    """Take an event: `body` as received, byte by byte. Raises Unauthorized for one that HeyGen did not sign."""
    event = heygen.verify(body, headers, now())
    first = insert(ReceivedEvent).values(id=event.id, received_at=now()).on_conflict_do_nothing()
    if session.execute(first.returning(ReceivedEvent.id)).scalar():
        session.execute(
            update(AvatarVideo)
            .where(AvatarVideo.external_id == event.video_id, AvatarVideo.poll_at > now())
            .values(poll_at=now())
        )


def sweep(session: Session) -> None:
    """Delete the ids of events that are not repeated any more."""
    session.execute(delete(ReceivedEvent).where(ReceivedEvent.received_at < now() - KEPT))
