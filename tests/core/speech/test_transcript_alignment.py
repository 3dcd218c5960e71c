"""Alignment of a transcript with its script."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.timed_words import Span, Word
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.transcript_alignment import align_to_transcript

# Recognized words, one per second.
HEARD = ("one", "two", "three", "four", "five")


def _tokens(*texts: str) -> list[Token]:
    return [Token(text, text, spaced=True) for text in texts]


def _heard(*texts: str) -> list[Word]:
    return [Word(float(index), index + 0.8, text) for index, text in enumerate(texts)]


def _spans(tokens: list[Token], heard: list[Word], seconds: float) -> list[Span | None]:
    return align_to_transcript(tokens, heard, seconds).spans


def test_words_that_were_heard_right_get_their_times() -> None:
    assert _spans(_tokens("One,", "TWO", "three!"), _heard("one", "two", "three"), 3) == [
        (0, 0.8),
        (1, 1.8),
        (2, 2.8),
    ]


def test_a_word_that_was_heard_in_two_parts_gets_the_time_of_both() -> None:
    assert _spans(_tokens("Sunflower", "seeds"), _heard("sun", "flower", "seeds"), 3) == [
        (0, 1.8),
        (2, 2.8),
    ]


def test_words_that_were_heard_as_one_share_its_time() -> None:
    first, second = _spans(_tokens("every", "day"), _heard("everyday"), 1)
    assert first == (0, 0.5)
    assert second == (0.5, 0.8)


def test_a_word_that_was_misheard_lies_between_its_neighbors() -> None:
    spans = _spans(_tokens("one", "two", "xyzq", "four", "five"), _heard("one", "two", "bmbm", "four", "five"), 5)
    assert spans[2] is not None
    assert 1.8 <= spans[2][0] < spans[2][1] <= 3.0


def test_a_script_without_blanks_is_matched_by_its_characters() -> None:
    tokens = [Token("新しい", "新しい", spaced=False), Token("カメラ。", "カメラ。", spaced=False)]
    assert _spans(tokens, _heard("新", "しい", "カメラ"), 3) == [(0, 1.8), (2, 2.8)]


def test_where_nothing_was_heard_the_words_share_the_whole_time() -> None:
    spans = _spans(_tokens("one", "two"), [], 6.0)
    assert all(span and 0 <= span[0] <= span[1] <= 6 for span in spans)
    assert spans[0] != spans[1]


def test_what_was_heard_instead_of_words_gives_them_their_times_and_its_pauses() -> None:
    heard = [Word(0, 1, "one"), Word(1, 2, "bm"), Word(5, 6, "bm"), Word(6, 7, "four")]
    assert _spans(_tokens("one", "xyz", "qvw", "four"), heard, 7)[1:3] == [(1, 2), (5, 6)]


def test_letters_in_a_row_that_were_heard_are_counted() -> None:
    aligned = align_to_transcript(_tokens("one", "xyz", "four"), _heard("one", "four"), 2)
    assert aligned.owners == [0] * 3 + [1] * 3 + [2] * 4
    assert aligned.runs == [3] * 3 + [0] * 3 + [4] * 4


@pytest.mark.slow
def test_an_hour_of_speech_is_aligned_where_a_fifth_was_misheard() -> None:
    rng = random.Random(0)
    words = ["".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 8))) for _ in range(9000)]
    heard = [word if rng.random() < 0.8 else rng.choice(words) for word in words]
    spans = _spans(_tokens(*words), _heard(*heard), 9000.0)
    errors = [abs(span[0] - index) for index, span in enumerate(spans) if span]
    assert len(errors) == 9000
    assert np.median(errors) == 0
    assert np.quantile(errors, 0.99) < 2.5


@pytest.mark.slow
def test_an_hour_of_one_sentence_is_aligned_repetition_by_repetition() -> None:
    rng = random.Random(0)
    words = ["i", "am", "calm", "and", "i", "am", "strong"] * 1800
    heard = [word if rng.random() < 0.97 else rng.choice(("colm", "strung", "river", "a")) for word in words]
    spans = _spans(_tokens(*words), _heard(*heard), float(len(words)))
    assert np.mean([abs(span[0] - index) > 1 for index, span in enumerate(spans) if span]) < 0.001


def test_what_has_no_letter_has_no_time() -> None:
    assert _spans(_tokens("one", "—"), _heard("one"), 1)[1] is None


@pytest.mark.slow
@given(st.lists(st.sampled_from((*HEARD, "ruin", "!?", "zzz")), max_size=12), st.lists(st.sampled_from(HEARD)))
def test_times_never_go_back(known: list[str], heard: list[str]) -> None:
    spans = [span for span in _spans(_tokens(*known), _heard(*heard), len(heard) + 1.0) if span]
    assert all(start <= end for start, end in spans)
    assert all(one[0] <= other[0] and one[1] <= other[1] for one, other in pairwise(spans))
