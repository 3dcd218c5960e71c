"""Normalization and comparison of hashtags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.platforms.hashtags import HASHTAG, distinct, tag


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("content creation", "ContentCreation"),
        ("#casual", "casual"),
        ("AI", "AI"),
        ("e-commerce", "ECommerce"),
        ("künstliche Intelligenz", "KünstlicheIntelligenz"),
        ("हिन्दी", "हिन्दी"),
        ("動画編集", "動画編集"),
        ("2026", ""),
        ("😀", ""),
    ],
)
def test_words_make_a_hashtag(words: str, made: str) -> None:
    assert tag(words) == made


@given(words=st.text())
def test_a_hashtag_is_found_whole_in_a_text(words: str) -> None:
    made = tag(words)
    assert tag(made) == made
    if made:
        assert HASHTAG.findall(f"Text #{made} text") == [made]


def test_each_hashtag_comes_once_as_it_was_first_written() -> None:
    assert distinct(["AI", "bread", "ai", "#Bread", "", "salt"]) == ("AI", "bread", "salt")
