"""Writes ASS (Advanced SubStation Alpha) documents: embedded fonts, escaped text, bidi marks."""

import base64
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pysubs2 import SSAEvent, SSAFile, SSAStyle

from content_pipeline.core.media import emoji_font
from content_pipeline.core.media.fonts import Font, FontSet
from content_pipeline.core.media.timed_words import Word

LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK = "\u200e", "\u200f"
# The style `encoding` with which libass applies bidi reordering to whole lines; with any other it reorders each run
# between two override tags separately, and Arabic karaoke comes out backwards.
BIDI_WHOLE_LINE = -1
# libass supports escaped braces, and shows a backslash literally unless a letter follows it.
_ESCAPES = str.maketrans({"{": r"\{", "}": r"\}", "\\": "\\\u2060"})

RGB = tuple[int, int, int]


def ass_document(
    styles: Mapping[str, SSAStyle], events: Iterable[SSAEvent], fonts: FontSet, *, width: int, height: int
) -> str:
    """The ASS document of the events for a frame of `width` × `height` pixels, with styles and embedded fonts."""
    file = SSAFile()
    file.info |= {
        "PlayResX": str(width),
        "PlayResY": str(height),
        "WrapStyle": "2",
        "ScaledBorderAndShadow": "yes",
        # This is the color matrix of all videos rendered here. Without it ffmpeg takes BT.601: (237, 31, 36) came out
        # as (254, 50, 33).
        "YCbCr Matrix": "TV.709",
    }
    if fonts.layers:
        file.info["Credits"] = emoji_font.CREDITS
    file.styles = dict(styles)
    file.events = list(events)
    file.fonts_opaque = {f"{font.family}.ttf": _attachment(font) for font in fonts.fonts}
    return file.to_string("ass")


def credit_tags(captions: Path) -> dict[str, str]:
    """Options of ffmpeg that name the artists of emoji in the tags of a video with these captions; none without."""
    drawn = captions.exists() and emoji_font.CREDITS in captions.read_text()
    return {"metadata": f"comment={emoji_font.CREDITS}"} if drawn else {}


def event_milliseconds(seconds: float) -> int:
    """Milliseconds rounded to centiseconds, the resolution of ASS."""
    return round(seconds * 100) * 10


def event_text(lines: Sequence[Sequence[Word]], mark: str, fonts: FontSet, tags: Mapping[Word, str]) -> str:
    """Event text of the lines: each wrapped in `mark`, each word with its tags, each run with its font.

    An emoji is drawn in its own colors. To libass it is a word from left to right, and marks around it keep it from
    turning the words beside it.
    """
    text, family = "", fonts.default_family
    for number, line in enumerate(lines):
        # Without a mark at its end, libass centers a line that ends with a joined Arabic letter 0.2 em too far left.
        text += (rf"{mark}\N" if number else "") + mark
        directions = [_letters_direction(word.text) for word in line] if mark else []
        for index, word in enumerate(line):
            text += " " if word.spaced and index else ""
            word_tags = tags.get(word, "")
            for run_family, run in fonts.runs(word.text):
                font_tag = rf"\fn{run_family}" if run_family != family else ""
                text += f"{{{word_tags}{font_tag}}}" if word_tags or font_tag else ""
                if run[0] in fonts.layers:
                    beside = _mark_between(directions, index, mark)
                    text += beside + _layers(run, fonts) + beside
                    word_tags = tags.get(word, "")
                else:
                    text += run.translate(_ESCAPES)
                    word_tags = ""
                family = run_family
    return text + mark


def _mark_between(directions: Sequence[str], index: int, mark: str) -> str:
    """The direction of what has none in a word: that of the nearest letters if it is one on both sides, else `mark`."""
    before = next((direction for direction in reversed(directions[: index + 1]) if direction), mark)
    after = next((direction for direction in directions[index:] if direction), mark)
    return before if before == after else mark


def _letters_direction(text: str) -> str:
    """The mark for the direction of a text's letters; "" if it has none."""
    return direction_mark(text) or (LEFT_TO_RIGHT_MARK if any(map(str.isalpha, text)) else "")


def _layers(characters: str, fonts: FontSet) -> str:
    """Event text of an emoji: its layers in their colors, and the style's color for what follows."""
    text = ""
    for character in characters:
        layer = fonts.layers[character]
        alpha = rf"\1a&H{round(255 * (1 - layer.opacity)):02X}&"
        text += rf"{{{color_tag(layer.color) if layer.color else ''}{alpha}}}{character}"
    return text + r"{\1c\1a}"


def color_tag(color: RGB) -> str:
    """The override tag for the color of letters."""
    red, green, blue = color
    return rf"\1c&H{blue:02X}{green:02X}{red:02X}&"


def direction_mark(text: str) -> str:
    """The Unicode mark for the direction of most of the text's letters; "" without right-to-left text."""
    directions = Counter(map(unicodedata.bidirectional, text))
    right_to_left = directions["R"] + directions["AL"]
    if not right_to_left:
        return ""
    return RIGHT_TO_LEFT_MARK if right_to_left > directions["L"] else LEFT_TO_RIGHT_MARK


def brightness(color: RGB) -> float:
    """From 0 for black to 255 for white."""
    red, green, blue = color
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _attachment(font: Font) -> list[str]:
    """Lines of the [Fonts] section: base64 with an alphabet that starts at `!`, 80 characters a line."""
    alphabet = bytes.maketrans(
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", bytes(range(33, 97))
    )
    encoded = base64.b64encode(font.data).rstrip(b"=").translate(alphabet).decode()
    return [encoded[at : at + 80] for at in range(0, len(encoded), 80)]
