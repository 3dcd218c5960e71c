"""The end card of a reel: its call to action, or its creator's name, on the last frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from content_pipeline.core.media.timed_words import Word

# This many characters can be read in the time of the card.
MAX_CHARACTERS: Final = 60
# The last words stay this long after they were spoken, as long as the silence that ends a narration; then the card is
# shown for at least SECONDS: 1.5 s after the speech in all.
_LINGER_SECONDS: Final = 0.4
SECONDS: Final = 1.1


@dataclass(frozen=True, slots=True)
class EndCard:
    """A text that is shown from `start` to `end`, the end of the reel, in seconds."""

    text: str
    start: float
    end: float


def end_card(text: str, words: Sequence[Word], narration_seconds: float) -> EndCard:
    """The end card after a narration, which it makes longer where the silence at its end is too short for it."""
    start = min(max((word.end for word in words), default=0.0) + _LINGER_SECONDS, narration_seconds)
    return EndCard(text, start, max(narration_seconds, start + SECONDS))
