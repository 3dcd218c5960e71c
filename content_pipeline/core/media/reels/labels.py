"""What stands over a reel from beginning to end: its headline, whose it is, and how much of it has passed."""

from collections.abc import Iterator

from pysubs2 import Alignment, SSAEvent, SSAStyle

from content_pipeline.core.media.fonts import LINE_HEIGHT, FontSet
from content_pipeline.core.media.layout import Layout, Room
from content_pipeline.core.media.reels.drawing import INK, PAPER, rounded_rectangle, show, size, style
from content_pipeline.core.media.reels.frame import SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP
from content_pipeline.core.media.substation import RGB, direction_mark, written
from content_pipeline.core.media.words import Segment, join

_WIDTH = SAFE_RIGHT - SAFE_LEFT
# Pixels.
_HEADLINE_EM, _HEADLINE_LINES, _HEADLINE_PADDING, _HEADLINE_RADIUS = 50, 3, (28, 14), 24
_NAME_EM, _NAME_LINES, _NAME_PADDING, _DOT = 34, 2, (24, 8), 16
_BAR, _BAR_GAP = 10, 18


def styles(family: str, accent: RGB) -> dict[str, SSAStyle]:
    """How the labels look."""
    corner, left = Alignment.TOP_LEFT, Alignment.MIDDLE_LEFT
    return {
        "Card": style(PAPER, family, opacity=0.96),
        "Headline": style(INK, family),
        "Chip": style(INK, family, opacity=0.62, alignment=left),
        "Dot": style(accent, family, alignment=left),
        "Name": style(PAPER, family, alignment=left),
        "Track": style(INK, family, opacity=0.55, alignment=corner),
        "Progress": style(accent, family, alignment=corner),
    }


def headline(title: Segment, fonts: FontSet, language: str) -> Iterator[SSAEvent]:
    """The title on a card at the top of the safe area."""
    across, down = _HEADLINE_PADDING
    room = Room(_WIDTH - 2 * across, _HEADLINE_LINES * _HEADLINE_EM * LINE_HEIGHT, _HEADLINE_EM / 2)
    text, width, height, em = _block(title, fonts, language, room, _HEADLINE_EM)
    if not width:
        return
    card = rounded_rectangle(width + 2 * across, height + 2 * down, _HEADLINE_RADIUS)
    middle = (SAFE_LEFT + SAFE_RIGHT) / 2, SAFE_TOP + down + height / 2
    yield show(card, "Card", at=middle, since=title.start, until=title.end)
    yield show(text, "Headline", at=middle, since=title.start, until=title.end, layer=1, tags=size(em))


def chip(name: Segment, fonts: FontSet, language: str) -> Iterator[SSAEvent]:
    """The name on a chip at the foot of the safe area, above the progress line."""
    across, down = _NAME_PADDING
    before = across + _DOT + across / 2
    room = Room(_WIDTH - before - across, _NAME_LINES * _NAME_EM * LINE_HEIGHT, _NAME_EM / 2)
    text, width, height, em = _block(name, fonts, language, room, _NAME_EM)
    if not width:
        return
    ground = rounded_rectangle(before + width + across, height + 2 * down, height)
    y = SAFE_BOTTOM - _BAR - _BAR_GAP - down - height / 2
    dot = rounded_rectangle(_DOT, _DOT, _DOT)
    since, until = name.start, name.end
    yield show(ground, "Chip", at=(SAFE_LEFT, y), since=since, until=until)
    yield show(dot, "Dot", at=(SAFE_LEFT + across, y), since=since, until=until, layer=1)
    yield show(text, "Name", at=(SAFE_LEFT + before, y), since=since, until=until, layer=1, tags=size(em))


def progress(seconds: float) -> Iterator[SSAEvent]:
    """A thin line at the foot of the safe area that fills from left to right in `seconds`."""
    line = rounded_rectangle(_WIDTH, _BAR, _BAR)
    top = SAFE_BOTTOM - _BAR
    empty, full = (rf"\clip({SAFE_LEFT},{top},{right},{SAFE_BOTTOM})" for right in (SAFE_LEFT, SAFE_RIGHT))
    yield show(line, "Track", at=(SAFE_LEFT, top), since=0, until=seconds)
    yield show(line, "Progress", at=(SAFE_LEFT, top), since=0, until=seconds, layer=1, tags=rf"{empty}\t({full})")


def _block(label: Segment, fonts: FontSet, language: str, room: Room, em: float) -> tuple[str, float, float, float]:
    """A label as SubStation text, its width, height and em in pixels."""
    layout = Layout([label], fonts=fonts, language=language, room=room, em=em)
    (lines,) = layout.cues
    text = written(lines, direction_mark(label.text), fonts, {})
    width = max((fonts.width(join(line)) for line in lines), default=0.0) * layout.em
    return text, width, len(lines) * layout.em * LINE_HEIGHT, layout.em
