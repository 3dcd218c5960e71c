"""Shape of a platform's text: limits and units of counting, layout of paragraphs, hashtags and calls to action."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

CaptionStyle = Literal["short", "hashtag-heavy", "long", "plain"]
CAPTION_STYLES: Final[tuple[CaptionStyle, ...]] = get_args(CaptionStyle)


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def utf8_bytes(text: str) -> int:
    return len(text.encode())


def _unchanged(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class TextRules:
    """Limits of a post's text; None where the platform has no such limit, or no titles.

    `characters` limits text and hashtags together, measured by `size` after `encode`; `title` limits code points.
    `encode` turns the text into what the platform's API takes.
    """

    characters: int
    title: int | None = None
    hashtags: int | None = None
    mentions: int | None = None
    forbidden: str = ""
    size: Callable[[str], int] = len
    encode: Callable[[str], str] = _unchanged

    def measure(self, text: str) -> int:
        """How much of `characters` a text takes."""
        return self.size(self.encode(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFormat:
    """How post texts are composed for the platform.

    A paragraph has up to `sentences`; `separator` stands between two. `hashtags` are the most for each caption style.
    `calls_to_action` are by language (ISO 639-1); a language that is missing gets none.
    """

    sentences: int
    separator: str = "\n\n"
    caption_style: CaptionStyle = "long"
    hashtags: Mapping[CaptionStyle, int]
    calls_to_action: Mapping[str, str]
