"""Contextual biasing in a second pass: takes the terms of a vocabulary from a transcript made with hotwords.

Nothing else is taken: told of a vocabulary, the model repeated a sentence at the end of four transcripts of eight, or
left out half a minute.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from content_pipeline.core.media.glossary import in_time_of, occurrences
from content_pipeline.core.media.timed_words import Word, join_words

# "Expanley" is Xpandly (0.67), "Weeks in Traxo" is week Zyntraxo (0.75).
_MIN_SIMILARITY: Final = 0.5


def with_terms(words: Sequence[Word], told: Sequence[Word], vocabulary: Sequence[str]) -> list[Word]:
    """The words, with the terms that are heard in their place when the model was told of them."""
    corrected: list[Word] = []
    done, refused = 0, (0, 0)
    for (first, stop), text in _terms(words, told, vocabulary):
        # A difference of 700 words with 70 terms in it was compared 70 times.
        if first < done or (first, stop) == refused:
            continue
        refused = (first, stop)
        if _similarity(join_words(words[first:stop]), text) >= _MIN_SIMILARITY:
            corrected += words[done:first]
            corrected += in_time_of(words[first:stop], text)
            done = stop
    return [*corrected, *words[done:]]


def _terms(
    words: Sequence[Word], told: Sequence[Word], vocabulary: Sequence[str]
) -> Iterator[tuple[tuple[int, int], str]]:
    """Each term that was told: the range of the words that were heard in its place, and the text that replaces them.

    Where both hearings differ, a range has all of the difference.
    """
    matcher = SequenceMatcher(None, [_plain(word.text) for word in words], [_plain(word.text) for word in told], False)
    for found in occurrences([(word.text, word.spaced) for word in told], {term: term for term in vocabulary}):
        ranges = [
            # What is equal word by word is cut to the term.
            (i1 + max(0, found.first - j1), i2 - max(0, j2 - found.stop), max(j1, found.first), min(j2, found.stop))
            if tag == "equal"
            else (i1, i2, j1, j2)
            for tag, i1, i2, j1, j2 in matcher.get_opcodes()
            if j1 < found.stop and found.first < j2
        ]
        first, stop = ranges[0][0], ranges[-1][1]
        if first < stop:
            yield (first, stop), join_words(told[ranges[0][2] : ranges[-1][3]])


def _plain(text: str) -> str:
    return re.sub(r"\W", "", text).lower() or text


def _similarity(one: str, other: str) -> float:
    return SequenceMatcher(None, _plain(one), _plain(other), autojunk=False).ratio()
