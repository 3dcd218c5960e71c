"""The text track of a reel: captions and overlays, with a headline on its first frames and an end card on its last."""

from collections.abc import Sequence

from content_pipeline.core.media.ass_document import RGB
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.media.reels.captions import caption_track
from content_pipeline.core.media.reels.end_card import end_card
from content_pipeline.core.media.reels.hooks import hook
from content_pipeline.core.media.timed_words import Word


def text_track(
    words: Sequence[Word],
    narration_seconds: float,
    *,
    language: str,
    name: str,
    title: str | None,
    call_to_action: str | None,
    accent: RGB,
    animation: CaptionAnimation = "box",
) -> tuple[str, float]:
    """(ASS document, length of the reel in seconds) for a narration.

    The headline is the `title`, else the hook of the words; the end card shows the `call_to_action`, else the `name`,
    and there is none without either.
    """
    call = call_to_action or name
    card = end_card(call, words, narration_seconds) if call else None
    seconds = card.end if card else narration_seconds
    document = caption_track(
        words,
        language=language,
        seconds=seconds,
        name=name,
        title=title,
        accent=accent,
        animation=animation,
        hook=hook(words, language),
        end_card=card,
    )
    return document, seconds
