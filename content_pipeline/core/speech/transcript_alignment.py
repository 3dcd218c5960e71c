"""Aligns a known script to a transcript letter by letter, and interpolates word timings."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from content_pipeline.core.media.timed_words import Span, Word
from content_pipeline.core.speech.text_normalization import Token


def align_to_transcript(tokens: Sequence[Token], recognized: Sequence[Word], seconds: float) -> list[Span | None]:
    """The span of each token within the `seconds` of a recording, from its letters that match recognized ones and
    interpolated where none match. None for tokens without a letter."""
    expected = [(letter, index) for index, token in enumerate(tokens) for letter in _letters(token.spoken)]
    letters = [(letter, *span) for word in recognized for letter, span in _timed_letters(word)]
    positions, starts, ends = (
        [-1],
        [recognized[0].start if recognized else 0.0],
        [recognized[0].start if recognized else 0.0],
    )
    blocks = SequenceMatcher(
        None, [letter for letter, *_ in letters], [letter for letter, _ in expected], autojunk=False
    ).get_matching_blocks()
    for in_recognized, in_expected, count in blocks:
        positions += range(in_expected, in_expected + count)
        starts += [start for _, start, _ in letters[in_recognized : in_recognized + count]]
        ends += [end for _, _, end in letters[in_recognized : in_recognized + count]]
    last = recognized[-1].end if recognized else seconds
    all_positions = np.arange(len(expected))
    starts_of = np.interp(all_positions, [*positions, len(expected)], [*starts, last])
    ends_of = np.interp(all_positions, [*positions, len(expected)], [*ends, last])
    spans: list[Span | None] = [None] * len(tokens)
    for (_, index), start, end in zip(expected, starts_of.tolist(), ends_of.tolist(), strict=True):
        first_start, _ = spans[index] or (start, end)
        spans[index] = first_start, end
    return spans


def _letters(text: str) -> list[str]:
    return [letter for letter in text.casefold() if letter.isalnum()]


def _timed_letters(word: Word) -> list[tuple[str, Span]]:
    """The letters of a word, each with an equal share of its duration."""
    letters = _letters(word.text)
    edges = np.linspace(word.start, word.end, len(letters) + 1).tolist()
    return [(letter, (edges[index], edges[index + 1])) for index, letter in enumerate(letters)]
