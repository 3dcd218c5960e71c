"""The times of words that were heard, carried over to the words that are known to have been said."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from content_pipeline.core.media.words import Word
from content_pipeline.core.speech.spoken_form import Token
from content_pipeline.core.speech.voice import Span


def matched(tokens: Sequence[Token], heard: Sequence[Word], seconds: float) -> list[Span | None]:
    """The time of each token within the `seconds` of a recording: of the letters that it has in common with what was
    heard, and between its neighbours where it has none. None for tokens without a letter."""
    known = [(letter, index) for index, token in enumerate(tokens) for letter in _letters(token.spoken)]
    letters = [(letter, *span) for word in heard for letter, span in _timed_letters(word)]
    places, starts, ends = [-1], [heard[0].start if heard else 0.0], [heard[0].start if heard else 0.0]
    blocks = SequenceMatcher(
        None, [letter for letter, *_ in letters], [letter for letter, _ in known], autojunk=False
    ).get_matching_blocks()
    for in_heard, in_known, count in blocks:
        places += range(in_known, in_known + count)
        starts += [start for _, start, _ in letters[in_heard : in_heard + count]]
        ends += [end for _, _, end in letters[in_heard : in_heard + count]]
    last = heard[-1].end if heard else seconds
    every = np.arange(len(known))
    starts_of = np.interp(every, [*places, len(known)], [*starts, last])
    ends_of = np.interp(every, [*places, len(known)], [*ends, last])
    spans: list[Span | None] = [None] * len(tokens)
    for (_, index), start, end in zip(known, starts_of.tolist(), ends_of.tolist(), strict=True):
        begun, _ = spans[index] or (start, end)
        spans[index] = begun, end
    return spans


def _letters(text: str) -> list[str]:
    return [letter for letter in text.casefold() if letter.isalnum()]


def _timed_letters(word: Word) -> list[tuple[str, Span]]:
    """The letters of a word, each with an equal share of its time."""
    letters = _letters(word.text)
    edges = np.linspace(word.start, word.end, len(letters) + 1).tolist()
    return [(letter, (edges[index], edges[index + 1])) for index, letter in enumerate(letters)]
