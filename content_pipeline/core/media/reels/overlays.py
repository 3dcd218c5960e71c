"""Overlays of a reel: title card, call card, name badge and progress bar."""

from collections.abc import Iterator
from dataclasses import dataclass

from pysubs2 import Alignment, SSAEvent, SSAStyle

from content_pipeline.core.media.ass_document import RGB, direction_mark, event_text
from content_pipeline.core.media.caption_layout import Layout, LayoutBox, unbroken_em
from content_pipeline.core.media.fonts import LINE_HEIGHT, FontSet
from content_pipeline.core.media.reels.ass_drawing import (
    INK,
    PAPER,
    ass_style,
    clip_tag,
    font_size_tag,
    positioned_event,
    rounded_rectangle,
    text_color_on,
)
from content_pipeline.core.media.reels.safe_zone import SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP
from content_pipeline.core.media.timed_words import Segment, join_words

_WIDTH = SAFE_RIGHT - SAFE_LEFT
# Pixels.
_NAME_EM, _NAME_LINES, _NAME_PADDING, _DOT = 34, 2, (24, 8), 16
_BAR, _BAR_GAP = 10, 18
_FADE_IN = r"\fad(200,0)"
_GROW_IN = r"\fscx60\fscy60\t(0,120,\fscx104\fscy104)\t(120,200,\fscx100\fscy100)"


@dataclass(frozen=True, slots=True)
class _CardLook:
    """A card of up to `lines` lines of text, in pixels; at the top of the safe zone unless it has a `middle`."""

    em: int
    min_em: float
    lines: int
    padding: tuple[int, int]
    radius: int
    style: str
    text_style: str
    layer: int
    enters: str
    middle: float | None = None


_TITLE = _CardLook(50, 40.0, 3, (28, 14), 24, "Card", "Headline", layer=0, enters=_FADE_IN)
_CALL = _CardLook(104, 62.4, 4, (44, 22), 48, "Call", "CallText", layer=2, enters=_GROW_IN, middle=700.0)


def overlay_styles(family: str, accent: RGB) -> dict[str, SSAStyle]:
    """The ASS styles of the overlays."""
    corner, left = Alignment.TOP_LEFT, Alignment.MIDDLE_LEFT
    return {
        "Card": ass_style(PAPER, family, opacity=0.96),
        "Headline": ass_style(INK, family),
        "Call": ass_style(accent, family),
        "CallText": ass_style(text_color_on(accent), family),
        "Chip": ass_style(INK, family, opacity=0.74, alignment=left),
        "Dot": ass_style(accent, family, alignment=left),
        "Name": ass_style(PAPER, family, alignment=left),
        "Track": ass_style(PAPER, family, opacity=0.45, alignment=corner),
        "Progress": ass_style(accent, family, alignment=corner),
    }


def title_card(title: Segment, fonts: FontSet, language: str) -> Iterator[SSAEvent]:
    """The title on a card at the top of the safe zone."""
    return _card(title, _TITLE, fonts, language)


def call_card(call: Segment, fonts: FontSet, language: str) -> Iterator[SSAEvent]:
    """The call to action, or the name, as a button in the middle of the safe zone."""
    return _card(call, _CALL, fonts, language)


def _card(segment: Segment, look: _CardLook, fonts: FontSet, language: str) -> Iterator[SSAEvent]:
    across, down = look.padding
    box = LayoutBox(_WIDTH - 2 * across, look.lines * look.em * LINE_HEIGHT, look.min_em)
    text, width, height, em = _lay_out(segment, fonts, language, box, look.em)
    if not width:
        return
    card = rounded_rectangle(width + 2 * across, height + 2 * down, look.radius)
    center = (SAFE_LEFT + SAFE_RIGHT) / 2, look.middle or SAFE_TOP + down + height / 2
    start, end, layer = segment.start, segment.end, look.layer
    yield positioned_event(card, look.style, at=center, start=start, end=end, layer=layer, tags=look.enters)
    tags = font_size_tag(em) + look.enters
    yield positioned_event(text, look.text_style, at=center, start=start, end=end, layer=layer + 1, tags=tags)


def name_badge(name: Segment, fonts: FontSet, language: str) -> Iterator[SSAEvent]:
    """The creator's name on a badge at the bottom of the safe zone, above the progress bar."""
    across, down = _NAME_PADDING
    before = across + _DOT + across / 2
    box = LayoutBox(_WIDTH - before - across, _NAME_LINES * _NAME_EM * LINE_HEIGHT, _NAME_EM / 2)
    text, width, height, em = _lay_out(name, fonts, language, box, _NAME_EM)
    if not width:
        return
    ground = rounded_rectangle(before + width + across, height + 2 * down, height)
    y = SAFE_BOTTOM - _BAR - _BAR_GAP - down - height / 2
    dot = rounded_rectangle(_DOT, _DOT, _DOT)
    start, end = name.start, name.end
    yield positioned_event(ground, "Chip", at=(SAFE_LEFT, y), start=start, end=end)
    yield positioned_event(dot, "Dot", at=(SAFE_LEFT + across, y), start=start, end=end, layer=1)
    yield positioned_event(
        text, "Name", at=(SAFE_LEFT + before, y), start=start, end=end, layer=1, tags=font_size_tag(em)
    )


def progress_bar(seconds: float) -> Iterator[SSAEvent]:
    """A thin bar at the bottom of the safe zone that fills from left to right in `seconds`."""
    line = rounded_rectangle(_WIDTH, _BAR, _BAR)
    top = SAFE_BOTTOM - _BAR
    empty, full = (clip_tag(SAFE_LEFT, right, top=top) for right in (SAFE_LEFT, SAFE_RIGHT))
    yield positioned_event(line, "Track", at=(SAFE_LEFT, top), start=0, end=seconds)
    yield positioned_event(
        line, "Progress", at=(SAFE_LEFT, top), start=0, end=seconds, layer=1, tags=rf"{empty}\t({full})"
    )


def _lay_out(
    label: Segment, fonts: FontSet, language: str, box: LayoutBox, em: float
) -> tuple[str, float, float, float]:
    """(event text, width, height, em) of a laid-out overlay text, in pixels."""
    em = unbroken_em(label, fonts, language, box, em)
    layout = Layout([label], fonts=fonts, language=language, box=box, em=em)
    (lines,) = layout.cues
    text = event_text(lines, direction_mark(label.text), fonts, {})
    width = max((fonts.width(join_words(line)) for line in lines), default=0.0) * layout.em
    return text, width, len(lines) * layout.em * LINE_HEIGHT, layout.em
