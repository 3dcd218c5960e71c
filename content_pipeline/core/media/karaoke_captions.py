"""Karaoke or plain captions as an ASS subtitle track for burning in: one frame size, fonts embedded."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from PIL import ImageColor
from pysubs2 import Alignment, Color, SSAEvent, SSAStyle

from content_pipeline.core.errors import Invalid
from content_pipeline.core.media.ass_document import (
    BIDI_WHOLE_LINE,
    RGB,
    ass_document,
    brightness,
    color_tag,
    direction_mark,
    event_milliseconds,
    event_text,
)
from content_pipeline.core.media.caption_layout import Layout, LayoutBox, Lines, layout_texts
from content_pipeline.core.media.fonts import LINE_HEIGHT, FontSet
from content_pipeline.core.media.timed_words import Segment, Word

# `font_size` is in pixels of a frame of this width.
REFERENCE_WIDTH = 1080
# Shares of the height. The portrait margin clears the platforms' interface.
MARGIN_LANDSCAPE, MARGIN_PORTRAIT = 0.07, 0.16
# Shares of the frame's width and height that text may fill.
MAX_LINE_WIDTH = 0.86
MAX_BLOCK_HEIGHT = 0.4
# Text shrinks to fit down to this share of the width; words that are still too wide are split.
MIN_EM = 1 / 24
# Shares of the em.
OUTLINE, SHADOW, BLUR = 0.08, 0.04, 0.025
# The highlight color, and the fallback where the text color is within MIN_ACCENT_DISTANCE (RGB) of it.
ACCENT, FALLBACK_ACCENT = (255, 214, 10), (255, 255, 255)
MIN_ACCENT_DISTANCE = 150
ALIGNMENTS = {
    "top": Alignment.TOP_CENTER,
    "middle": Alignment.MIDDLE_CENTER,
    "bottom": Alignment.BOTTOM_CENTER,
}


@dataclass(frozen=True, slots=True)
class Style:
    """Caption style. `font_size`: pixels of a 1080 pixels wide frame; `font_color`: a CSS name or #rrggbb.

    Raises Invalid `font_size_invalid`, `font_color_invalid`.
    """

    kind: Literal["plain", "karaoke"] = "plain"
    font_size: int = 54
    font_color: str = "white"
    position: Literal["top", "middle", "bottom"] = "bottom"

    def __post_init__(self) -> None:
        if self.font_size <= 0:
            raise Invalid("The font size must be above zero.", code="font_size_invalid", remedy="Try 54.")
        _parse_color(self.font_color)


def ass_subtitles(segments: Sequence[Segment], *, width: int, height: int, style: Style, language: str) -> str:
    """The ASS document for a frame of `width` × `height` pixels, with its fonts embedded.

    The font shrinks where the requested size would overflow the frame or cover too much of it.
    """
    layout = Layout(
        segments,
        fonts=FontSet(layout_texts(segments), language),
        language=language,
        box=LayoutBox(width * MAX_LINE_WIDTH, height * MAX_BLOCK_HEIGHT, width * MIN_EM),
        em=style.font_size * width / REFERENCE_WIDTH,
    )
    events = (_event(cue, lines, layout, style) for cue, lines in zip(segments, layout.cues, strict=True) if lines)
    return ass_document(
        {"Default": _default_style(style, layout, width, height)}, events, layout.fonts, width=width, height=height
    )


def _default_style(style: Style, layout: Layout, width: int, height: int) -> SSAStyle:
    color = _parse_color(style.font_color)
    dark = brightness(color) < 90
    edge = Color(255, 255, 255) if dark else Color(0, 0, 0)
    return SSAStyle(
        fontname=layout.fonts.default_family,
        fontsize=layout.em * LINE_HEIGHT,
        bold=True,
        primarycolor=Color(*color),
        outlinecolor=edge,
        backcolor=Color(edge.r, edge.g, edge.b, 0x70),
        outline=layout.em * OUTLINE,
        shadow=layout.em * SHADOW,
        encoding=BIDI_WHOLE_LINE,
        alignment=ALIGNMENTS[style.position],
        marginl=0,
        marginr=0,
        marginv=round(height * (MARGIN_PORTRAIT if height > width else MARGIN_LANDSCAPE)),
    )


def _event(cue: Segment, lines: Lines, layout: Layout, style: Style) -> SSAEvent:
    start, end = event_milliseconds(cue.start) / 1000, event_milliseconds(cue.end) / 1000
    spoken = [word for line in lines for word in line]
    tags: dict[Word, str] = {}
    if style.kind == "karaoke":
        moments = [*(max(0.0, word.start - start) for word in spoken), end - start]
        tags = {word: _highlight_tags(style, *span) for word, span in zip(spoken, pairwise(moments), strict=True)}
    text = rf"{{\blur{layout.em * BLUR:.1f}}}" + event_text(lines, direction_mark(cue.text), layout.fonts, tags)
    return SSAEvent(start=event_milliseconds(cue.start), end=event_milliseconds(cue.end), text=text)


def _highlight_tags(style: Style, since: float, until: float) -> str:
    """Override tags that show a word in the accent color from `since` to `until`, in seconds from the cue's start."""
    color = _parse_color(style.font_color)
    accent = color_tag(FALLBACK_ACCENT if math.dist(ACCENT, color) < MIN_ACCENT_DISTANCE else ACCENT)
    begin, finish = round(since * 1000), round(until * 1000)
    rise = rf"\t({begin},{begin},{accent})" if begin else accent
    return rf"{color_tag(color)}{rise}\t({finish},{finish},{color_tag(color)})"


def _parse_color(color: str) -> RGB:
    try:
        red, green, blue, *_ = ImageColor.getrgb(color)
    except ValueError as error:
        raise Invalid(
            f"{color[:40]!r} is not a color.", code="font_color_invalid", remedy="Use a CSS name or #rrggbb."
        ) from error
    return red, green, blue
