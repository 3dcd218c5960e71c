"""The headline of a reel: it fills the first frames, which feeds take for the cover, then makes room for captions."""

from collections.abc import Iterator
from statistics import mean
from typing import Final

from pysubs2 import SSAEvent

from content_pipeline.core.media.ass_document import direction_mark, event_text
from content_pipeline.core.media.caption_layout import SHRINK_FACTOR, Layout, LayoutBox, unbroken_em
from content_pipeline.core.media.fonts import LINE_HEIGHT, FontSet
from content_pipeline.core.media.reels.ass_drawing import font_size_tag, positioned_event
from content_pipeline.core.media.reels.safe_zone import SAFE_LEFT, SAFE_RIGHT, SAFE_TOP
from content_pipeline.core.media.timed_words import Segment, join_words

# The headline is seen for this many seconds: long enough to be read, and gone before the second phrase.
SECONDS: Final = 1.6
# In milliseconds, the headline moves within this time: it fills the cover, and has made room when the voice begins
# (after 0.2 s). At the end it fades.
_MOVES: Final = (100, 220)
_FADE: Final = 200

# The lowest row on the cover, in pixels.
_COVER_BOTTOM = 1090.0
# A line of a headline is set closer than those of captions.
_LINE: Final = 1.14
_MAX_EM, _MIN_EM = 176.0, 94.0
_OUTLINE: Final = 0.09
# The sizes that are tried, each smaller by SHRINK_FACTOR: down to 70 % of the largest.
_SIZES: Final = 8
_BOX: Final = LayoutBox(
    (SAFE_RIGHT - SAFE_LEFT) - 2 * _OUTLINE * _MAX_EM, (_COVER_BOTTOM - SAFE_TOP) * LINE_HEIGHT / _LINE, _MIN_EM
)


def headline(text: Segment, fonts: FontSet, language: str, *, bottom: float) -> Iterator[SSAEvent]:
    """The events that draw a headline as large as the cover allows, then above captions, which begin at `bottom`."""
    layout = _layout(text, fonts, language)
    (lines,) = layout.cues
    if not lines:  # no font has its characters
        return
    pitch = layout.em * _LINE
    height = len(lines) * pitch
    scale = min(1.0, (bottom - SAFE_TOP) / height)
    center = (SAFE_TOP + _COVER_BOTTOM) / 2
    settled = min(center, bottom - height * scale / 2)
    x, mark = (SAFE_LEFT + SAFE_RIGHT) / 2, direction_mark(text.text)
    for number, line in enumerate(lines):
        offset = (number - (len(lines) - 1) / 2) * pitch
        tags = (
            rf"{font_size_tag(layout.em)}\bord{layout.em * _OUTLINE:.1f}\fad(0,{_FADE})"
            rf"\t({_MOVES[0]},{_MOVES[1]},\fscx{100 * scale:.1f}\fscy{100 * scale:.1f}"
            rf"\bord{layout.em * _OUTLINE * scale:.1f})"
        )
        yield positioned_event(
            event_text([line], mark, fonts, {}),
            "Popped" if 0 < number == len(lines) - 1 else "Spoken",
            at=(x, center + offset),
            to=(x, settled + offset * scale),
            moves=_MOVES,
            start=text.start,
            end=text.end,
            layer=1,
            tags=tags,
        )


def _layout(text: Segment, fonts: FontSet, language: str) -> Layout:
    """As large as the cover allows, or somewhat smaller where the lines become more even by that."""
    em = unbroken_em(text, fonts, language, _BOX, _MAX_EM)
    largest = Layout([text], fonts=fonts, language=language, box=_BOX, em=em)
    sizes = (largest.em * SHRINK_FACTOR**step for step in range(1, _SIZES))
    smaller = [Layout([text], fonts=fonts, language=language, box=_BOX, em=size) for size in sizes if size >= _MIN_EM]
    return max((largest, *smaller), key=lambda layout: layout.em * _evenness(layout))


def _evenness(layout: Layout) -> float:
    """The mean width of the lines as a share of the widest one."""
    widths = [layout.fonts.width(join_words(line)) for line in layout.cues[0]]
    widest = max(widths, default=0.0)  # also 0 for an accent without a letter
    return mean(widths) / widest if widest else 0.0
