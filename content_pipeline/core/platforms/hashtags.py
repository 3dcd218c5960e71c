"""Hashtags and mentions: patterns that find them in text, and hashtags made of words."""

import re
from collections.abc import Iterable
from typing import Final

# Marks that `\w` leaves out: Hebrew and Arabic points, vowel signs of India, joiners.
_BODY: Final = (
    "[\\w\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0966-\u109f\u1780-\u17d3\u200c\u200d]"
)
HASHTAG: Final = re.compile(f"(?<!\\w)[#＃]+(\\w{_BODY}*)")
MENTION: Final = re.compile(r"(?<!\w)@+(?=\w)")
_NOT_BODY: Final = re.compile(_BODY.replace("[", "[^", 1) + "+")


def tag(words: str) -> str:
    """The words as one hashtag without its "#": "content creation" is "ContentCreation". Empty if none can be made.

    A single word keeps its letters; only marks that end a hashtag are removed.
    """
    parts = [part for part in _NOT_BODY.split(words) if part]
    if len(parts) > 1:
        parts = [part[0].upper() + part[1:] for part in parts]
    joined = "".join(parts).lstrip("\u200c\u200d")
    begins_well = joined[:1].isalnum() or joined[:1] == "_"
    return joined if begins_well and any(character.isalpha() for character in joined) else ""


def distinct(words: Iterable[str]) -> tuple[str, ...]:
    """The hashtags of these words in their order, without duplicates that differ only in case."""
    made: dict[str, str] = {}
    for word in words:
        if written := tag(word):
            made.setdefault(written.casefold(), written)
    return tuple(made.values())
