"""Captions of an avatar: those of a reel, below the face."""

from collections.abc import Sequence
from typing import Final

from content_pipeline.core.media.ass_document import RGB
from content_pipeline.core.media.reels import captions
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.media.reels.safe_zone import WIDTH
from content_pipeline.core.media.timed_words import Word

# Captions around this point cover neither the face nor the platforms' controls at the bottom. It is in pixels of a 1080
# × 1920 frame.
CENTER: Final = WIDTH / 2, 1060.0


def caption_track(
    words: Sequence[Word], *, language: str, seconds: float, accent: RGB, animation: CaptionAnimation = "box"
) -> str:
    """The ASS document, fonts embedded, for an avatar that speaks the `words` within `seconds`."""
    return captions.caption_track(
        words,
        language=language,
        seconds=seconds,
        name="",  # its badge would stand where the captions are
        title=None,
        accent=accent,
        animation=animation,
        center=CENTER,
    )
