"""Full-width punctuation: the marks of Chinese and Japanese where Whisper writes half-width ones."""

import re
from collections.abc import Sequence
from typing import Final

from content_pipeline.core.media.timed_words import Word, rewritten

# Within Latin words and numbers ("1,000", "12:30") marks are half-width.
_AMONG_FULL_WIDTH: Final = re.compile(r"(?<![A-Za-z0-9])[,?!:;]|[,?!:;](?=[^\x00-\x7f])")
_CHINESE: Final = str.maketrans(",?!:;", "，？！：；")
_JAPANESE: Final = str.maketrans(",?!:;", "、？！：；")
_MARKS: Final = {"zh": _CHINESE, "yue": _CHINESE, "ja": _JAPANESE}


def full_width(words: Sequence[Word], language: str) -> tuple[Word, ...]:
    """The words of a language, as Whisper calls it, with the marks of its width; those of others as they are."""
    if not (marks := _MARKS.get(language)):
        return tuple(words)
    text = "".join(word.text for word in words)
    return rewritten(words, _AMONG_FULL_WIDTH.sub(lambda mark: mark[0].translate(marks), text))
