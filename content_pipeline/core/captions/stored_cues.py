"""Stored cues of captions: readiness check, version hash (the ETag), and the cost of a read for rate limits."""

import hashlib
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict
from content_pipeline.core.media.timed_words import Segment
from content_pipeline.core.models import Caption

# As PostgreSQL stores them, compressed: 59 for 2.5 words a second, as most people speak.
_BYTES_PER_SECOND: Final = 100


def check_ready(caption: Caption) -> None:
    """Raises Conflict while there are no cues. They are not loaded."""
    if not caption.is_ready:
        raise _not_ready()


def read_cost(session: Session, workspace_id: UUID, caption_id: UUID) -> float:
    """The cost of a read in seconds of speech: the length of the recording, or that of usual speech with as many bytes
    of cues, if it is longer. 0 while they are not ready, and for unknown ones."""
    query = select(Caption.media, func.pg_column_size(Caption.segments)).where(
        Caption.id == caption_id, Caption.workspace_id == workspace_id, Caption.segments.is_not(None)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return 0.0
    media, size = found
    by_size: float = size / _BYTES_PER_SECOND
    return max(media.seconds, by_size) if media else by_size


def segments(caption: Caption) -> tuple[Segment, ...]:
    """The cues. Raises Conflict while they are not ready."""
    if caption.segments is None:
        raise _not_ready()
    return caption.segments


def version(cues: Iterable[Segment]) -> str:
    """A hash of the cues as clients see them, equal for equal cues."""
    digest = hashlib.sha256()
    for cue in cues:  # one by one: others have the interpreter in between
        digest.update(repr((cue.start, cue.end, cue.text)).encode())
    return digest.hexdigest()[:32]


def _not_ready() -> Conflict:
    return Conflict(
        "These captions are not ready.",
        code="caption_not_ready",
        remedy="Poll their task until it is done, or retry it if it has failed.",
    )
