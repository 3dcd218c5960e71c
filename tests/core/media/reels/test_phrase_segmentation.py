"""Segmentation of words into on-screen phrases."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.line_breaking import display_width
from content_pipeline.core.media.reels.phrase_segmentation import LONG_PAUSE_SECONDS, segment_phrases
from content_pipeline.core.media.timed_words import Segment, Word, join_words, normalize_timings
from tests.core.media.spoken_words import speak, spoken_words, untidy_words

LINE = 16
SECONDS = 200.0
TALK = (
    "We tested the camera for thirty days, and honestly? It changed how we shoot. Here's what nobody tells you about "
    "low light: you need less of it than you think, but you need it in the right place."
)


def cut(words: list[Word], language: str = "en", seconds: float = SECONDS) -> list[Segment]:
    return segment_phrases(
        normalize_timings(words, 0.0, seconds), language=language, seconds=seconds, line=LINE, width=display_width
    )


def texts(found: list[Segment]) -> list[str]:
    return [phrase.text for phrase in found]


@pytest.mark.slow
@given(st.one_of(spoken_words(), untidy_words()), st.sampled_from(["en", "ja", "ar", "xx"]))
def test_every_word_is_shown_once_and_in_order(words: list[Word], language: str) -> None:
    found = cut(words, language)
    spoken = [word for phrase in found for word in phrase.words]
    assert join_words(spoken) == join_words(normalize_timings(words, 0.0, SECONDS))
    assert all(phrase.text == join_words(phrase.words) for phrase in found)
    assert all(before.end <= after.start for before, after in pairwise(spoken))


@pytest.mark.slow
@given(st.one_of(spoken_words(), untidy_words()), st.floats(0.5, 130))
def test_phrases_never_overlap_and_end_within_the_reel(words: list[Word], seconds: float) -> None:
    found = cut(words, seconds=seconds)
    assert all(0 <= phrase.start < phrase.end <= seconds for phrase in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(phrase.start <= word.start < word.end <= phrase.end for phrase in found for word in phrase.words)


@pytest.mark.slow
@given(spoken_words())
def test_a_phrase_stays_until_the_next_one_unless_the_pause_is_long(words: list[Word]) -> None:
    for before, after in pairwise(cut(words)):
        assert before.end == after.start or after.start - before.words[-1].end > LONG_PAUSE_SECONDS
    for phrase in cut(words):
        assert all(after.start - before.end <= LONG_PAUSE_SECONDS for before, after in pairwise(phrase.words))


@pytest.mark.slow
@given(spoken_words())
def test_phrases_have_two_lines_at_most_and_what_is_wider_than_a_line_stands_alone(words: list[Word]) -> None:
    for phrase in cut(words):
        wide = [word for word in phrase.words if display_width(word.text) > LINE]
        assert len(phrase.words) == 1 if wide else display_width(phrase.text) <= 2 * LINE + 1


def test_talk_is_cut_into_short_phrases_where_it_breathes() -> None:
    found = texts(cut(speak(TALK)))
    assert all(1 <= len(text.split()) <= 6 for text in found)
    for end in ("days,", "honestly?", "shoot.", "light:", "think,", "place."):
        assert any(text.endswith(end) for text in found)
    assert not any(text.split()[-1] in ("the", "a", "of", "in") for text in found)


def test_a_phrase_is_never_so_short_that_it_flickers_where_it_can_be_avoided() -> None:
    found = cut(speak("So I did it. And it was so good that I did it all again.", characters_a_second=22, pause=0.1))
    assert all(after.start - before.start > 0.4 for before, after in pairwise(found))


def test_a_japanese_phrase_is_one_word() -> None:
    found = cut(speak("今日はとても天気がいいですね。", language="ja"), "ja")
    assert [word.text for phrase in found for word in phrase.words] == ["今日は", "とても", "天気が", "いいですね。"]


def test_the_last_phrase_stays_to_the_end_however_long_the_silence() -> None:
    first, last = cut([Word(0.2, 0.6, "Hi!"), Word(4.0, 4.4, "Bye!")], seconds=9.0)
    assert first.end < 2
    assert last.end == 9


def test_the_first_phrase_is_there_from_the_start_unless_the_silence_is_long() -> None:
    assert cut([Word(1.0, 2.0, "Hello")])[0].start == 0
    assert cut([Word(4.0, 5.0, "Hello")])[0].start == 4


def test_nothing_said_makes_no_phrases() -> None:
    assert cut([]) == []
