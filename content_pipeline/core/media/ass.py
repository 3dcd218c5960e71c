"""Cues as an Advanced SubStation document for burning in: laid out for one frame size, with its fonts inside."""

import base64
import math
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from PIL import ImageColor
from pysubs2 import Alignment, Color, SSAEvent, SSAFile, SSAStyle

from content_pipeline.core.errors import Invalid
from content_pipeline.core.media.fonts import LINE_HEIGHT, Font, FontSet
from content_pipeline.core.media.layout import Layout, Lines
from content_pipeline.core.media.words import Segment, Word

# `font_size` is meant for a frame of this width.
REFERENCE_WIDTH = 1080
# Shares of the height. Upright videos keep clear of what the platforms draw over them.
MARGIN_WIDE, MARGIN_UPRIGHT = 0.07, 0.16
# Shares of the em.
OUTLINE, SHADOW, SOFTNESS = 0.08, 0.04, 0.025
# The highlight, and what stands in for it where the text itself is nearly that colour.
ACCENT, OTHER_ACCENT = (255, 214, 10), (255, 255, 255)
NEARLY = 150
ALIGNMENTS = {
    "top": Alignment.TOP_CENTER,
    "middle": Alignment.MIDDLE_CENTER,
    "bottom": Alignment.BOTTOM_CENTER,
}
# libass shows an escaped brace, and a backslash as such unless a letter follows it.
_LITERAL = str.maketrans({"{": r"\{", "}": r"\}", "\\": "\\\u2060"})

LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK = "\u200e", "\u200f"
# With this encoding libass orders the words of a whole line, right-to-left ones too; with any other it orders each
# stretch between two tags on its own, and karaoke in Arabic comes out backwards.
WHOLE_LINE = -1

RGB = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Style:
    """How captions look. `font_size`: pixels of a 1080 pixels wide frame; `font_color`: a CSS name or #rrggbb.

    Raises `Invalid` for a size that is not above zero and for a colour that is none.
    """

    kind: Literal["plain", "karaoke"] = "plain"
    font_size: int = 54
    font_color: str = "white"
    position: Literal["top", "middle", "bottom"] = "bottom"

    def __post_init__(self) -> None:
        if self.font_size <= 0:
            raise Invalid("The font size must be above zero.", code="font_size_invalid", remedy="Try 54.")
        _rgb(self.font_color)


def ass(segments: Sequence[Segment], *, width: int, height: int, style: Style, language: str) -> str:
    """The document for a frame of `width` × `height` pixels. It carries its fonts and needs none of the machine's.

    Where the wanted size would make text leave the frame or cover too much of it, a smaller one is taken.
    """
    em = style.font_size * width / REFERENCE_WIDTH
    layout = Layout(segments, language=language, width=width, height=height, em=em)
    document = SSAFile()
    document.info |= {"PlayResX": str(width), "PlayResY": str(height), "WrapStyle": "2", "ScaledBorderAndShadow": "yes"}
    document.styles = {"Default": _default(style, layout, width, height)}
    document.events = [
        _event(cue, lines, layout, style) for cue, lines in zip(segments, layout.cues, strict=True) if lines
    ]
    document.fonts_opaque = {f"{font.family}.ttf": _attachment(font) for font in layout.fonts.fonts}
    return document.to_string("ass")


def _default(style: Style, layout: Layout, width: int, height: int) -> SSAStyle:
    color = _rgb(style.font_color)
    dark = _brightness(color) < 90
    edge = Color(255, 255, 255) if dark else Color(0, 0, 0)
    return SSAStyle(
        fontname=layout.fonts.first_family,
        fontsize=layout.em * LINE_HEIGHT,
        bold=True,
        primarycolor=Color(*color),
        outlinecolor=edge,
        backcolor=Color(edge.r, edge.g, edge.b, 0x70),
        outline=layout.em * OUTLINE,
        shadow=layout.em * SHADOW,
        encoding=WHOLE_LINE,
        alignment=ALIGNMENTS[style.position],
        marginl=0,
        marginr=0,
        marginv=round(height * (MARGIN_UPRIGHT if height > width else MARGIN_WIDE)),
    )


def _event(cue: Segment, lines: Lines, layout: Layout, style: Style) -> SSAEvent:
    # SubStation counts in hundredths of a second.
    start, end = round(cue.start, 2), round(cue.end, 2)
    spoken = [word for line in lines for word in line]
    tags: dict[Word, str] = {}
    if style.kind == "karaoke":
        moments = [*(max(0.0, word.start - start) for word in spoken), end - start]
        tags = {word: _highlight(style, *span) for word, span in zip(spoken, pairwise(moments), strict=True)}
    text = rf"{{\blur{layout.em * SOFTNESS:.1f}}}" + _text(lines, _direction_mark(cue.text), layout.fonts, tags)
    return SSAEvent(start=round(start * 1000), end=round(end * 1000), text=text)


def _direction_mark(text: str) -> str:
    """What makes each line run as most of the cue's letters do, whichever letter it begins with."""
    directions = Counter(map(unicodedata.bidirectional, text))
    right_to_left = directions["R"] + directions["AL"]
    if not right_to_left:
        return ""
    return RIGHT_TO_LEFT_MARK if right_to_left > directions["L"] else LEFT_TO_RIGHT_MARK


def _text(lines: Lines, mark: str, fonts: FontSet, tags: dict[Word, str]) -> str:
    """Lines as SubStation text: each begins with `mark`, each word has its own tags, each run its font."""
    text, family = "", fonts.first_family
    for number, line in enumerate(lines):
        text += (r"\N" if number else "") + mark
        for index, word in enumerate(line):
            text += " " if word.spaced and index else ""
            word_tags = tags.get(word, "")
            for wanted, run in fonts.runs(word.text):
                font_tag = rf"\fn{wanted}" if wanted != family else ""
                text += f"{{{word_tags}{font_tag}}}" if word_tags or font_tag else ""
                text += run.translate(_LITERAL)
                word_tags, family = "", wanted
    return text


def _highlight(style: Style, since: float, until: float) -> str:
    """Tags that show a word in the accent colour from `since` to `until`, in seconds of the cue."""
    color = _rgb(style.font_color)
    accent = _tag(OTHER_ACCENT if math.dist(ACCENT, color) < NEARLY else ACCENT)
    begin, finish = round(since * 1000), round(until * 1000)
    rise = rf"\t({begin},{begin},{accent})" if begin else accent
    return rf"{_tag(color)}{rise}\t({finish},{finish},{_tag(color)})"


def _rgb(color: str) -> RGB:
    try:
        red, green, blue, *_ = ImageColor.getrgb(color)
    except ValueError as error:
        raise Invalid(
            f"{color[:40]!r} is not a colour.", code="font_color_invalid", remedy="Use a CSS name or #rrggbb."
        ) from error
    return red, green, blue


def _tag(color: RGB) -> str:
    red, green, blue = color
    return rf"\1c&H{blue:02X}{green:02X}{red:02X}&"


def _brightness(color: RGB) -> float:
    red, green, blue = color
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _attachment(font: Font) -> list[str]:
    """A font as lines of the [Fonts] section: base64 with an alphabet that begins at `!`, 80 characters a line."""
    alphabet = bytes.maketrans(
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", bytes(range(33, 97))
    )
    encoded = base64.b64encode(font.data).rstrip(b"=").translate(alphabet).decode()
    return [encoded[at : at + 80] for at in range(0, len(encoded), 80)]
