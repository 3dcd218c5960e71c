"""Layout of caption lines with left-to-right and right-to-left words."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.ass_document import RIGHT_TO_LEFT_MARK, direction_mark
from content_pipeline.core.media.line_breaking import display_width
from content_pipeline.core.media.reels.bidi_layout import position_words
from content_pipeline.core.media.timed_words import Word, join_words
from tests.core.media.spoken_words import speak, spoken_words


def from_left_to_right(text: str) -> list[str]:
    return [found.word.text for found in position_words(speak(text), direction_mark(text), display_width)]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("one two 3", ["one", "two", "3"]),
        ("אחד שתיים שלוש", ["שלוש", "שתיים", "אחד"]),
        ("קניתי 15 תפוחים", ["תפוחים", "15", "קניתי"]),
        ("אתמול קניתי iPhone 15 חדש", ["חדש", "iPhone", "15", "קניתי", "אתמול"]),
        ("they say שלום לך today", ["they", "say", "לך", "שלום", "today"]),
        ("15 תפוחים", ["תפוחים", "15"]),
    ],
)
def test_words_stand_in_the_order_of_their_script(text: str, seen: list[str]) -> None:
    assert from_left_to_right(text) == seen


def test_a_number_after_right_to_left_words_is_written_as_part_of_them() -> None:
    found = position_words(speak("שלום (15%) iPhone"), RIGHT_TO_LEFT_MARK, display_width)
    assert {word.word.text: word.direction for word in found} == {
        "iPhone": "", "(15%)": RIGHT_TO_LEFT_MARK, "שלום": RIGHT_TO_LEFT_MARK,
    }  # fmt: skip


@pytest.mark.slow
@given(spoken_words().filter(bool), st.sampled_from(["two", "שתיים"]))
def test_a_line_is_centred_and_as_wide_as_its_text_and_no_word_touches_another(words: list[Word], text: str) -> None:
    line = [replace(word, text=text) for word in words]
    edges = [
        (word.offset - word.width / 2, word.offset + word.width / 2)
        for word in position_words(line, direction_mark(text), display_width)
    ]
    assert -edges[0][0] == edges[-1][1] == display_width(join_words(line)) / 2
    gaps = [after - before for (_, before), (after, _) in pairwise(edges)]
    blanks = [float(word.spaced) for word in line[1:]]
    assert gaps == (blanks if text == "two" else blanks[::-1])
