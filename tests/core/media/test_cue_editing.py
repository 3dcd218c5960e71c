"""Edits of cues, with word timings kept."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.errors import Unprocessable
from content_pipeline.core.media.cue_editing import EditedCue, apply_edits
from content_pipeline.core.media.cue_segmentation import segment
from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS, Segment, Word, join_words
from tests.core.media.spoken_words import speak, spoken_words

CUES = segment(speak("We met in the old town. It was late, and it rained."), language="en", duration=10)


def as_edited(cues: list[Segment]) -> list[EditedCue]:
    return [(cue.start, cue.end, cue.text) for cue in cues]


def as_written(words: list[Word]) -> list[Word]:
    """Words of spaced scripts all spaced: otherwise a line break inside a word would be ambiguous."""
    return [replace(word, spaced=not UNSPACED_SCRIPTS.match(word.text)) for word in words]


def timings(cues: list[Segment]) -> dict[str, tuple[float, float]]:
    return {word.text: (word.start, word.end) for cue in cues for word in cue.words}


@pytest.mark.slow
@given(spoken_words().map(as_written), st.sampled_from(["en", "ja"]))
def test_an_edit_that_changes_nothing_keeps_every_word_and_time(words: list[Word], language: str) -> None:
    cues = segment(words, language=language, duration=200)
    made = apply_edits(cues, as_edited(cues), language=language, duration=200)
    assert [(cue.start, cue.end, cue.text) for cue in made] == as_edited(cues)
    assert [word.text for cue in made for word in cue.words] == [word.text for cue in cues for word in cue.words]
    for before, after in zip(cues, made, strict=True):
        assert [word.start for word in after.words] == pytest.approx([word.start for word in before.words])
        assert [word.end for word in after.words] == pytest.approx([word.end for word in before.words])


@pytest.mark.slow
@given(st.text(min_size=1, max_size=200).filter(lambda text: bool(text.split()) and text.isprintable()))
def test_any_text_becomes_words_in_order_inside_the_cue(text: str) -> None:
    (made, *_) = apply_edits(CUES, [(0.5, 3.0, text)], language="en", duration=10)
    assert join_words(made.words).split() == text.split()
    assert made.text.split() == text.split()
    assert all(0.5 <= word.start < word.end <= 3.0 for word in made.words)
    assert all(before.end <= after.start for before, after in pairwise(made.words))


def test_new_words_are_in_the_language_of_their_cue() -> None:
    (cue,) = segment([replace(word, language="es") for word in speak("Muchas grazias.")], language="en", duration=10)
    (made,) = apply_edits([cue], [(cue.start, cue.end, "Muchas gracias a todos.")], language="en", duration=10)
    assert {word.language for word in made.words} == {"es"}


def test_words_that_stay_keep_their_times_and_new_ones_take_those_of_what_they_replace() -> None:
    before = timings(CUES)
    first, *rest = as_edited(CUES)
    made = apply_edits(
        CUES, [(first[0], first[1], first[2].replace("old town", "ancient city")), *rest], language="en", duration=10
    )
    after = timings(made)
    assert {text: after[text] for text in ("We", "met", "in", "the")} == {
        text: before[text] for text in ("We", "met", "in", "the")
    }
    assert after["ancient"][0] == before["old"][0]
    assert after["city."][1] == before["town."][1]


def test_a_changed_comma_does_not_move_the_word() -> None:
    (start, end, text), *_ = as_edited(CUES)
    (made,) = apply_edits(CUES, [(start, end, text.replace("met", "met,"))], language="en", duration=10)
    assert timings([made])["met,"][0] == timings(CUES)["met"][0]


def test_a_cue_can_be_split_and_joined() -> None:
    (start, end, _), *_ = as_edited(CUES)
    middle = timings(CUES)["in"][0]
    made = apply_edits(CUES, [(start, middle, "We met"), (middle, end, "in the old town.")], language="en", duration=10)
    assert timings(made) == {text: span for text, span in timings(CUES).items() if text in timings(made)}


def test_the_persons_own_line_break_is_kept() -> None:
    (made,) = apply_edits(CUES, [(0, 2, "We\nmet in the old town")], language="en", duration=10)
    assert made.text == "We\nmet in the old town"


def test_a_line_break_puts_no_blank_into_japanese() -> None:
    (made,) = apply_edits([], [(0, 2, "今日はとても\n天気がいいですね")], language="ja", duration=10)
    assert made.text == "今日はとても\n天気がいいですね"
    assert join_words(made.words) == "今日はとても天気がいいですね"


@pytest.mark.parametrize("text", ["x " * 60, "one\ntwo\nthree", "today\r\n\r\nwe went to the market and bought bread"])
def test_text_that_is_no_two_lines_is_broken_anew(text: str) -> None:
    (made,) = apply_edits(CUES, [(0, 5, text)], language="en", duration=10)
    assert len(made.text.split("\n")) <= 2
    assert made.text.split() == text.split()


def test_control_characters_and_lone_surrogates_are_removed() -> None:
    (made,) = apply_edits(CUES, [(0, 5, "a\x00b\ud800 c\u2028d")], language="en", duration=10)
    assert made.text == "a b c\nd"


def test_every_fault_is_pointed_at() -> None:
    edited = [
        (-1.0, 2.0, "early"),
        (1.0, 3.0, "overlapping"),
        (4.0, 4.0, "no length"),
        (5.0, 99.0, "too late"),
        (6.0, 7.0, " \n "),
        (7.0, 8.0, "x" * 501),
        (float("nan"), float("nan"), "no number"),
    ]
    with pytest.raises(Unprocessable) as raised:
        apply_edits(CUES, edited, language="en", duration=10)
    assert [fault["pointer"] for fault in raised.value.errors] == [
        "/segments/0/start",
        "/segments/1/start",
        "/segments/2/end",
        "/segments/3/end",
        "/segments/4/start",
        "/segments/4/text",
        "/segments/5/start",
        "/segments/5/text",
        "/segments/6/start",
        "/segments/6/end",
    ]
    assert all(fault["detail"] for fault in raised.value.errors)


def test_all_segments_can_be_removed() -> None:
    assert apply_edits(CUES, [], language="en", duration=10) == []
