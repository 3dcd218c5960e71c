"""Chinese punctuation: full-width marks where Whisper writes half-width ones."""

import re
from collections.abc import Sequence
from typing import Final

from content_pipeline.core.media.timed_words import Word, rewritten

# Within Latin words and numbers ("1,000", "12:30") marks are half-width.
_AMONG_CHINESE: Final = re.compile(r"(?<![A-Za-z0-9])[,?!:;]|[,?!:;](?=[^\x00-\x7f])")
_TO_FULL_WIDTH: Final = ord("，") - ord(",")


def full_width(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words with ，？！：； of the width of Chinese characters."""
    text = "".join(word.text for word in words)
    return rewritten(words, _AMONG_CHINESE.sub(lambda mark: chr(ord(mark[0]) + _TO_FULL_WIDTH), text))
