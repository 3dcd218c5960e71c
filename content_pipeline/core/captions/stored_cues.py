"""The cues of captions as they are stored, and whether they are ready."""

import hashlib
from collections.abc import Iterable

from content_pipeline.core.errors import Conflict
from content_pipeline.core.media.timed_words import Segment
from content_pipeline.core.models import Caption


def check_ready(caption: Caption) -> None:
    """Raises Conflict while there are no cues. They are not loaded."""
    if not caption.is_ready:
        raise _not_ready()


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
