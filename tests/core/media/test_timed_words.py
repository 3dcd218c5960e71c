"""Joining and cleaning of timed words."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.timed_words import Word, join_words, normalize_timings
from tests.core.media.spoken_words import untidy_words


def test_words_are_joined_with_blanks_only_where_a_blank_stood() -> None:
    words = [Word(0, 1, "It's"), Word(1, 2, "30"), Word(2, 3, "%", spaced=False), Word(3, 4, "off")]
    assert join_words(words) == "It's 30% off"
    assert join_words([]) == ""


@pytest.mark.slow
@given(untidy_words(), st.floats(0.01, 50))
def test_tidy_words_keep_their_text_and_order_and_get_time_of_their_own(words: list[Word], end: float) -> None:
    made = normalize_timings(words, 0.0, end)
    assert [word.text for word in made] == [word.text.strip() for word in words if word.text.strip()]
    assert all(0 <= word.start < word.end <= end for word in made)
    assert all(before.end <= after.start for before, after in pairwise(made))


def test_tidy_leaves_good_words_alone() -> None:
    words = [Word(0.1, 0.5, "all"), Word(0.5, 0.9, "is"), Word(1.4, 2.0, "well.")]
    assert normalize_timings(words, 0.0, 3.0) == words
