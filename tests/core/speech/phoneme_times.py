"""What is true of the phonemes of every voice: they follow each other, and fill their words."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from content_pipeline.core.speech.voice_types import Utterance


def assert_phonemes_fill_words(utterance: Utterance, counts: Sequence[int]) -> None:
    """`counts` are the numbers of phonemes of the words."""
    assert all(one.start < one.end <= other.start + 1e-9 for one, other in pairwise(utterance.phonemes))
    first = 0
    for word, count in zip(utterance.words, counts, strict=True):
        assert utterance.phonemes[first].start == pytest.approx(word.start)
        assert utterance.phonemes[first + count - 1].end == pytest.approx(word.end)
        first += count
    assert first == len(utterance.phonemes)
