"""Splits text into paragraphs and sentences, and shortens it at their boundaries."""

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import Final

from wcwidth import iter_graphemes

from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS

_CLOSERS: Final = "\"'”’»)\\]」』）】"
# Full-width marks end a sentence wherever they stand, the others only before a blank: 3.5, example.com.
_END: Final = re.compile(f"(?:[。！？]+[{_CLOSERS}]*|[.!?…؟۔।]+[{_CLOSERS}]*(?=\\s|$))")
_ABBREVIATED: Final = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|vs|no|sr|jr|mme|dra|sra|etc|ca|bzw|e\.g|i\.e|z\.b|d\.h|p\.ex|\w)\.$",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION: Final = 8
# A tag that was cut would link to another one.
_BROKEN_TAG: Final = re.compile(r"(?:(?:^|(?<=\s))[#＃@]\S*\s*)+$")
# A cut at a sentence has to use this share of the limit; otherwise the cut is between two words.
_SHARE_OF_SENTENCES: Final = 0.6


def sentences(paragraph: str) -> list[str]:
    """The sentences of one paragraph, in order, without surrounding blanks."""
    edges = [0, *_sentence_ends(paragraph), len(paragraph)]
    return [sentence for start, end in pairwise(edges) if (sentence := paragraph[start:end].strip())]


def _sentence_ends(text: str) -> list[int]:
    """Offsets of sentence ends: not after abbreviations, nor before lower case."""
    return [match.end() for match in _END.finditer(text) if not _goes_on(text, match.end())]


def _goes_on(text: str, at: int) -> bool:
    before = text[max(0, at - _LONGEST_ABBREVIATION) : at]
    return text[at:].lstrip()[:1].islower() or _ABBREVIATED.search(before) is not None


def paragraphs(text: str) -> list[list[str]]:
    """The paragraphs of a text, each as its sentences.

    Blank lines separate paragraphs, and so do line breaks after a sentence; other line breaks are wrapping.
    """
    parts: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        lines = [" ".join(line.split()) for line in block.splitlines() if line.strip()]
        for index, line in enumerate(lines):
            if index == 0 or _END.search(lines[index - 1][-3:] + " "):
                parts.append(line)
            else:
                parts[-1] += line if UNSPACED_SCRIPTS.match(line) else f" {line}"
    return [found for part in parts if (found := sentences(part))]


def shorten(text: str, most: int, measure: Callable[[str], int] = len) -> str:
    """`text` if it measures at most `most`, else its beginning: whole sentences, or words and "…".

    Text without spaces is cut between grapheme clusters. `measure` must be monotonic. The result may be empty.
    """
    if measure(text) <= most:
        return text
    ends = list(accumulate(map(len, iter_graphemes(text))))
    room = _last_fitting(text, ends, most, measure)
    sentence = max((end for end in {*ends}.intersection(_sentence_ends(text)) if end <= room), default=0)
    if sentence and sentence >= room * _SHARE_OF_SENTENCES:
        return text[:sentence].rstrip()
    kept = text[: _last_fitting(text, ends, most - measure("…"), measure)]
    if not text[len(kept)].isspace() and (blank := _last_blank(kept)):
        kept = kept[:blank]
    kept = _BROKEN_TAG.sub("", kept).rstrip(" \n\t.,;:–—-、，")
    return f"{kept}…" if kept else ""


def _last_fitting(text: str, ends: list[int], room: int, measure: Callable[[str], int]) -> int:
    """The last of the ends up to which `text` fits."""
    count = bisect_right(ends, room, key=lambda end: measure(text[:end]))
    return ends[count - 1] if count else 0


def _last_blank(text: str) -> int:
    """Offset of the last space; 0 for text without spaces near its end."""
    blank = max(text.rfind(" "), text.rfind("\n"))
    return blank if blank >= len(text) * _SHARE_OF_SENTENCES else 0
