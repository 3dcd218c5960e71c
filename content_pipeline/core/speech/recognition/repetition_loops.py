"""Repetition loops: removes repeats of a phrase that the speech model has invented, told by a pace nobody speaks at."""

import re
from collections.abc import Sequence
from typing import Final

from content_pipeline.core.media.timed_words import Word, join_words

# In a loop of a 45-minute recording a sentence came thirty times, in 0.06 s each: 200 characters a second. Fast speech
# has 25.
_MAX_CHARACTERS_A_SECOND: Final = 50.0
_MIN_REPEATS: Final = 3
_MAX_PHRASE_WORDS: Final = 30


def without_loops(words: Sequence[Word]) -> list[Word]:
    """The words without those repeats of a phrase that are too fast to be spoken. What somebody repeats stays."""
    plain = [re.sub(r"\W", "", word.text).lower() or word.text for word in words]
    kept: list[Word] = []
    index = 0
    while index < len(words):
        length, end = _loop_at(plain, index)
        kept += words[index : index + length]
        for start in range(index + length, end, length):
            repeat = words[start : min(start + length, end)]
            if _is_speakable(repeat):
                kept += repeat
        index = end
    return kept


def _loop_at(plain: Sequence[str], index: int) -> tuple[int, int]:
    """The number of words in the phrase at `index` that is said at least three times in a row, and where that ends.

    It ends within the phrase where the last repeat was cut off. Without a loop the phrase is one word, said once.
    """
    for length in range(1, _MAX_PHRASE_WORDS + 1):
        end = index + length
        while end < len(plain) and plain[end] == plain[end - length]:
            end += 1
        if end - index >= _MIN_REPEATS * length:
            return length, end
    return 1, index + 1


def _is_speakable(words: Sequence[Word]) -> bool:
    return len(join_words(words)) <= _MAX_CHARACTERS_A_SECOND * (words[-1].end - words[0].start)
