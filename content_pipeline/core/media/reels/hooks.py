"""Hooks: the headline of a reel that has no title, taken from the first words of its script."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from wcwidth import iter_graphemes

from content_pipeline.core.media.line_breaking import (
    display_width,
    group_break_costs,
    group_sentence_ends,
    group_unbreakable,
)
from content_pipeline.core.media.timed_words import Word, join_words

# Five lines on the cover, with letters a quarter larger than those of captions.
MAX_COLUMNS: Final = 60
# A first sentence of fewer columns ("Stop.", "Hi guys!") takes the next along.
_MIN_COLUMNS: Final = 14
_LINE_END_SECONDS: Final = 0.3
_HASHES: Final = ("#", "＃")
_CLAUSE_MARKS: Final = " ,;:–—-、，；："


def hook(words: Sequence[Word], language: str) -> str:
    """The first sentence of the words in at most MAX_COLUMNS (wide characters count two), else "".

    A longer sentence is cut at a clause or between two words, and ends in "…". Runs of hashtags are left out; a script
    that is nothing else has no hook.
    """
    groups = group_unbreakable(_without_hashtags(words), language, limit=MAX_COLUMNS)
    beginnings = list(_beginnings(groups))
    ends = [*map(_is_end, groups, groups[1:], group_sentence_ends(groups)), True]
    for count, (text, is_end) in enumerate(zip(beginnings, ends, strict=False), start=1):
        columns = display_width(text)
        if is_end and columns <= MAX_COLUMNS and (columns >= _MIN_COLUMNS or count == len(groups)):
            return _without_period(text)
    return _cut(beginnings, group_break_costs(groups, language)) if groups else ""


def _is_end(before: Sequence[Word], after: Sequence[Word], is_sentence_end: bool) -> bool:
    """Whether a headline may end here: also at the colon of a title or a list, and at the end of a line,
    where the voice pauses without punctuation."""
    last, following = before[-1], after[0]
    is_line_end = last.text[-1].isalnum() and following.start - last.end >= _LINE_END_SECONDS
    is_lead = last.text.endswith((":", "：")) and not following.text[0].islower()
    return is_sentence_end or is_line_end or is_lead


def _without_hashtags(words: Sequence[Word]) -> Sequence[Word]:
    """The words up to the first hashtags that are no part of a sentence; a hashtag that is one loses its sign."""
    kept: list[Word] = []
    for index, word in enumerate(words):
        following, before = words[index + 1 : index + 2], words[max(index - 1, 0) : index]
        if not word.text.startswith(_HASHES):
            kept.append(word)
        elif not following or any(near.text.startswith(_HASHES) for near in (*before, *following)):
            if kept:
                break
        else:
            kept.append(replace(word, text=word.text.lstrip("".join(_HASHES)) or word.text))
    return kept


def _beginnings(groups: Sequence[Sequence[Word]]) -> Iterator[str]:
    """The first group, the first two, and so on, as text, as long as they fit; at least one."""
    words: list[Word] = []
    for group in groups:
        words += group
        text = join_words(words)
        if len(words) > len(group) and display_width(text) > MAX_COLUMNS:
            return
        yield text


def _cut(beginnings: Sequence[str], costs: Sequence[float]) -> str:
    """The beginning with the cheapest break after it, and of these the longest, with "…"."""
    fitting = [
        (cost, -len(text), text)
        for text, cost in zip(beginnings, costs, strict=False)
        if _MIN_COLUMNS <= display_width(text) < MAX_COLUMNS
    ]
    text = min(fitting)[2] if fitting else beginnings[-1]
    clusters = accumulate(iter_graphemes(text))
    room = max((cluster for cluster in clusters if display_width(cluster) < MAX_COLUMNS), key=len, default=text)
    return room.rstrip(_CLAUSE_MARKS + ".") + "…"


def _without_period(sentence: str) -> str:
    """A headline has no mark at its end, unless it asks, exclaims, or is an abbreviation."""
    text = sentence.rstrip(_CLAUSE_MARKS)
    is_abbreviated = "." in text[:-1].rpartition(" ")[2]
    return text if is_abbreviated or text.endswith("..") else text.rstrip(".。।")
