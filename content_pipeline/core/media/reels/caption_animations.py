"""Caption animations of a reel: how the words of a phrase appear, and how the spoken one stands out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import Final

from pysubs2 import SSAEvent, SSAStyle

from content_pipeline.core.media.ass_document import RGB, RIGHT_TO_LEFT_MARK, direction_mark
from content_pipeline.core.media.fonts import grapheme_clusters
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.media.reels.ass_drawing import (
    PAPER,
    ass_style,
    clip_tag,
    font_size_tag,
    positioned_event,
    rounded_rectangle,
    text_color_on,
)
from content_pipeline.core.media.reels.bidi_layout import PositionedWord

# These are in ems: the outline of letters, the box behind the spoken word, and the cursor that types.
OUTLINE: Final = 0.08
BOX_PADDING: Final = 0.11
_BOX_HEIGHT, _BOX_RADIUS = 1.2, 0.24
_CURSOR_WIDTH, _CURSOR_HEIGHT = 0.07, 0.95
_UPCOMING_COLOR: RGB = (206, 204, 216)
# The box grows into place; a popping word overshoots first.
_GROW = r"\fscx88\fscy88\t(0,90,\fscx100\fscy100)"
_POP = r"\fscx55\fscy55\t(0,80,\fscx112\fscy112)\t(80,150,\fscx100\fscy100)"


@dataclass(frozen=True, slots=True)
class CaptionWord:
    """A word of a phrase, ready to be drawn: `text` of its event, center `at` and em in pixels, and times in seconds.

    It is highlighted from `start` to `end`; its phrase is shown from `appears` to `disappears`, and spoken from
    `begins`. `measure` gives the width of a text in ems.
    """

    placed: PositionedWord
    text: str
    at: tuple[float, float]
    em: float
    measure: Callable[[str], float]
    start: float
    end: float
    appears: float
    begins: float
    disappears: float

    @property
    def outline(self) -> str:
        return rf"{font_size_tag(self.em)}\bord{self.em * OUTLINE:.1f}"


def animation_styles(family: str, accent: RGB) -> dict[str, SSAStyle]:
    """The ASS styles of the animations' events."""
    return {
        "Coming": ass_style(_UPCOMING_COLOR, family, outlined=True),
        "Current": ass_style(text_color_on(accent), family),
        "Popped": ass_style(accent, family, outlined=True),
        "Spoken": ass_style(PAPER, family, outlined=True),
        "Mark": ass_style(accent, family),
    }


def word_events(word: CaptionWord, animation: CaptionAnimation) -> Iterator[SSAEvent]:
    """The events that draw a word."""
    return _ANIMATIONS[animation](word)


def _box(word: CaptionWord) -> Iterator[SSAEvent]:
    """The whole phrase is seen at once; a box moves from word to word."""
    em, width = word.em, word.placed.width
    mark = rounded_rectangle(width + 2 * BOX_PADDING * em, _BOX_HEIGHT * em, _BOX_RADIUS * em)
    yield from _cover(word)
    yield _text(word, "Coming", word.begins, word.start)
    yield positioned_event(mark, "Mark", at=word.at, start=word.start, end=word.end, tags=_GROW)
    yield _text(word, "Current", word.start, word.end, tags=font_size_tag(em) + _GROW)
    yield _text(word, "Spoken", word.end, word.disappears)


def _pop(word: CaptionWord) -> Iterator[SSAEvent]:
    """Words spring up when they are spoken, in the accent's color, and stay in white."""
    yield from _cover(word)
    yield _text(word, "Popped", word.start, word.end, tags=word.outline + _POP)
    yield _text(word, "Spoken", word.end, word.disappears)


def _typewriter(word: CaptionWord) -> Iterator[SSAEvent]:
    """Letters are typed while the word is spoken, with a cursor behind the last one."""
    yield from _cover(word)
    x, y = word.at
    edges = _letter_edges(word)
    seconds = (word.placed.word.end - word.placed.word.start) / len(edges)
    moments = [word.start + seconds * number for number in range(len(edges))]
    cursor = rounded_rectangle(_CURSOR_WIDTH * word.em, _CURSOR_HEIGHT * word.em, _CURSOR_WIDTH * word.em)
    for edge, (start, end) in zip(edges, pairwise([*moments, word.end]), strict=True):
        place = x + _sign(word) * (edge - word.placed.width / 2 + _CURSOR_WIDTH * word.em)
        yield _text(word, "Spoken", start, end, tags=word.outline + _typed(word, edge))
        edged = rf"\bord{word.em * OUTLINE / 2:.1f}"
        yield positioned_event(cursor, "Popped", at=(place, y), start=start, end=end, layer=2, tags=edged)
    yield _text(word, "Spoken", word.end, word.disappears)


def _cover(word: CaptionWord) -> Iterator[SSAEvent]:
    """The first frames show their whole phrase, as feeds take one of them for the cover."""
    if word.appears == 0:
        yield _text(word, "Spoken", word.appears, word.begins)


def _letter_edges(word: CaptionWord) -> Sequence[float]:
    """For each letter of a word how far it reaches, in pixels from the edge where the word begins."""
    letters = grapheme_clusters(word.placed.word.text) or [word.placed.word.text]
    return [min(word.measure(text) * word.em, word.placed.width) for text in accumulate(letters)]


def _typed(word: CaptionWord, reach: float) -> str:
    """The clip that shows a word up to `reach` pixels from where it begins."""
    x, _ = word.at
    half, sign = word.placed.width / 2, _sign(word)
    return clip_tag(*sorted((x - sign * (half + word.em * OUTLINE), x + sign * (reach - half))))


def _sign(word: CaptionWord) -> int:
    """-1 for a word that is read from right to left; a number is not, whatever stands around it."""
    return -1 if direction_mark(word.placed.word.text) == RIGHT_TO_LEFT_MARK else 1


def _text(word: CaptionWord, style: str, start: float, end: float, *, tags: str = "") -> SSAEvent:
    return positioned_event(word.text, style, at=word.at, start=start, end=end, layer=1, tags=tags or word.outline)


_ANIMATIONS: Mapping[CaptionAnimation, Callable[[CaptionWord], Iterator[SSAEvent]]] = MappingProxyType(
    {"box": _box, "pop": _pop, "typewriter": _typewriter}
)
