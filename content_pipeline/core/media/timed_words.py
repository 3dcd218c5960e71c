"""Data types of timed words and subtitle cues, as stored in `captions.words` and `captions.segments`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

# Minimum duration for a word without one.
MIN_WORD_SECONDS = 0.02
# No spoken word lasts longer: recognizers stretch words over the silence that follows.
MAX_WORD_SECONDS = 7.0

# Scripts without spaces between words: Thai, Lao, Myanmar, Khmer, kana, Han (not Hangul).
UNSPACED_SCRIPTS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff]"
)

# (start, end) in seconds.
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word: seconds from the start of the recording, text without surrounding spaces.

    `spaced`: whether a space precedes it; false for Japanese and Chinese tokens and for attached punctuation.
    `language`: Whisper's code, where it is in another language than the most of the recording.
    """

    start: float
    end: float
    text: str
    spaced: bool = True
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """One cue: shown from `start` to `end` (seconds). `text` is its words, with at most one newline: two lines."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...]


def join_words(words: Sequence[Word]) -> str:
    """The words as one line of text."""
    return "".join(f" {word.text}" if word.spaced and index else word.text for index, word in enumerate(words))


def rewritten(words: Sequence[Word], text: str) -> tuple[Word, ...]:
    """The words with the characters of `text`, which has as many as they have together."""
    edges = accumulate((len(word.text) for word in words), initial=0)
    return tuple(
        replace(word, text=text[start:stop]) for word, (start, stop) in zip(words, pairwise(edges), strict=True)
    )


def normalize_timings(words: Sequence[Word], start: float, end: float) -> list[Word]:
    """The non-empty words in order, each with a duration, without overlap, clamped to `start`…`end`."""
    spoken = [replace(word, text=word.text.strip()) for word in words if word.text.strip()]
    if not spoken:
        return []
    minimum = min(MIN_WORD_SECONDS, (end - start) / len(spoken))
    starts = [start - minimum]
    for word in spoken:
        starts.append(max(word.start, starts[-1] + minimum))
    starts = [*starts[1:], end]
    for index in reversed(range(len(spoken))):
        starts[index] = max(start, min(starts[index], starts[index + 1] - minimum))
    return [
        replace(word, start=at, end=max(min(word.end, following, at + MAX_WORD_SECONDS), min(at + minimum, following)))
        for word, (at, following) in zip(spoken, pairwise(starts), strict=True)
    ]
