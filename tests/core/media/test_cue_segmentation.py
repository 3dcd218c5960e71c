"""Segmentation of words into cues for reading."""

import re
from dataclasses import replace
from itertools import pairwise

import budoux
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.cue_segmentation import segment
from content_pipeline.core.media.line_breaking import display_width, group_unbreakable, wrap_lines
from content_pipeline.core.media.timed_words import Segment, Word, join_words, normalize_timings
from tests.core.media.spoken_words import speak, spoken_words, untidy_words

SONNET = (
    "From fairest creatures we desire increase, that thereby beauty's rose might never die. But as the riper should "
    "by time decease, his tender heir might bear his memory. In the beginning of the year two thousand and twenty "
    "four the company decided to move all of its services to a new data center in the north of Sweden because "
    "electricity is cheap there and the air is cold."
)
JAPANESE = "今日はとても天気がいいですね。私たちは公園へ散歩に行って、おいしいお弁当を食べました。"


def lines_of(cues: list[Segment]) -> list[str]:
    return [line for cue in cues for line in cue.text.split("\n")]


@pytest.mark.slow
@given(st.one_of(spoken_words(), untidy_words()), st.sampled_from(["en", "ja", "zh", "ar", "xx"]))
def test_no_word_is_lost_or_moved(words: list[Word], language: str) -> None:
    cues = segment(words, language=language, duration=130)
    assert [word for cue in cues for word in cue.words] == normalize_timings(words, 0, 130)
    for cue in cues:
        assert cue.text.replace("\n", "").replace(" ", "") == join_words(cue.words).replace("\n", "").replace(" ", "")


@pytest.mark.slow
@given(st.one_of(spoken_words(), untidy_words()), st.floats(0.5, 130))
def test_cues_are_ordered_never_overlap_and_stay_inside_the_recording(words: list[Word], duration: float) -> None:
    cues = segment(words, language="en", duration=duration)
    assert all(0 <= cue.start < cue.end <= duration for cue in cues)
    assert all(before.end <= after.start for before, after in pairwise(cues))
    assert all(cue.start <= word.start < word.end <= cue.end for cue in cues for word in cue.words)


@pytest.mark.slow
@given(spoken_words(), st.sampled_from(["en", "ja"]))
def test_cues_have_two_lines_of_42_columns_and_last_seven_seconds_at_most(words: list[Word], language: str) -> None:
    cues = segment(words, language=language, duration=300)
    assert all(cue.end - cue.start <= 7 + 1e-9 for cue in cues)
    assert all(len(cue.text.split("\n")) <= 2 for cue in cues)
    assert all(display_width(line) <= 42 for line in lines_of(cues))


@pytest.mark.slow
@given(spoken_words())
def test_a_cue_is_short_or_fast_only_where_the_next_one_leaves_no_room(words: list[Word]) -> None:
    cues = segment(words, language="en", duration=300)
    for cue, limit in zip(cues, [*(cue.start for cue in cues), 300][1:], strict=False):
        shown = cue.end - cue.start
        if shown < 1 - 1e-9 or len(join_words(cue.words)) / shown > 20 + 1e-6:
            assert cue.end == limit


def later(word: Word, seconds: float) -> Word:
    return replace(word, start=word.start + seconds, end=word.end + seconds)


def fits_one_cue(words: tuple[Word, ...], language: str) -> bool:
    """Whether the words fit two lines of 42 columns and seven seconds."""
    groups = group_unbreakable(words, language, limit=42)
    lines = wrap_lines(groups, language, limit=42)
    return words[-1].end - words[0].start <= 7 and len(lines) <= 2


def test_a_sign_after_a_blank_begins_no_line_and_an_opening_one_ends_none() -> None:
    words = speak("Que el 80 % de tu « éxito » : 300 € ?")
    groups = [join_words(group) for group in group_unbreakable(words, "es", limit=42)]
    assert groups == ["Que", "el", "80 %", "de", "tu", "« éxito » :", "300 € ?"]


def is_unreadable(words: tuple[Word, ...], end: float) -> bool:
    shown = end - words[0].start
    return shown < 0.5 or len(join_words(words)) / shown > 25


@pytest.mark.slow
@given(spoken_words(), st.sampled_from(["en", "ja"]))
def test_a_cue_is_too_short_or_fast_to_read_only_where_it_fits_no_neighbor(words: list[Word], language: str) -> None:
    cues = segment(words, language=language, duration=300)
    for first, second in pairwise(cues):
        merged = first.words + second.words
        if is_unreadable(first.words, first.end) or is_unreadable(second.words, second.end):
            assert not fits_one_cue(merged, language) or is_unreadable(merged, second.end)


def test_a_comma_and_a_pause_leave_no_splinter() -> None:
    words = [Word(0, 0.6, "files,"), *(later(word, 1.0) for word in speak("pictures and all of the old songs."))]
    (cue,) = segment(words, language="en", duration=8)
    assert cue.text == "files, pictures and all of the old songs."
    hello, weather = speak("ぜひ、", language="ja"), speak("見てください。", language="ja", characters_a_second=8)
    (cue,) = segment([*hello, *(later(word, 0.9) for word in weather)], language="ja", duration=8)
    assert cue.text == "ぜひ、見てください。"


@pytest.mark.parametrize(
    ("text", "language"),
    [("Is it late? It is. Go home now!", "en"), ("遅いですか？そうですね。帰ってください！", "ja")],
)
def test_a_sentence_has_a_cue_of_its_own_without_a_pause(text: str, language: str) -> None:
    words = speak(text, language=language, characters_a_second=5, pause=0.02)
    cues = segment(words, language=language, duration=words[-1].end + 1)
    assert [cue.text[-1] for cue in cues] == [mark for mark in text if mark in "?.!？。！"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We met J. K. Rowling today. She was very kind.", "en"),
        ("Das ist z. B. Kuchen mit Sahne. Er war sehr gut.", "de"),
    ],
)
def test_an_initial_ends_no_sentence(text: str, language: str) -> None:
    words = speak(text, language=language, characters_a_second=8, pause=0.02)
    cues = segment(words, language=language, duration=words[-1].end + 1)
    assert [cue.text for cue in cues] == re.findall(r"\S.*?\w\w\.", text)


def test_a_blank_in_chinese_is_where_a_clause_ends() -> None:
    text = "我们今天想去公园里散步 然后回家吃一顿很好的晚饭"
    words = speak(text.replace(" ", ""), language="zh", characters_a_second=5)
    clause = text.index(" ")
    words[clause] = replace(words[clause], spaced=True)
    lines = lines_of(segment(words, language="zh", duration=10))
    assert lines == text.split()


def test_a_cue_is_in_one_language() -> None:
    english = speak("Tell us about it.", pause=0.02)
    chinese = [replace(later(word, 1.2), language="zh") for word in speak("我们今天想去公园里散步", language="zh")]
    english_again = [later(word, 2.4) for word in speak("I see, thank you.", pause=0.02)]
    cues = segment([*english, *chinese, *english_again], language="en", duration=5)
    assert [cue.text for cue in cues] == ["Tell us about it.", "我们今天想去公园里散步", "I see, thank you."]
    assert all(before.end <= after.start for before, after in pairwise(cues))


def test_nothing_said_makes_no_cues() -> None:
    assert segment([], language="en", duration=10) == []
    assert segment([Word(1, 2, " ")], language="en", duration=10) == []


def test_calm_speech_is_cut_at_clauses_and_reads_well() -> None:
    words = speak(SONNET)
    cues = segment(words, language="en", duration=words[-1].end + 1)
    assert [cue.text.split()[-1] for cue in cues[:3]] == ["increase,", "die.", "memory."]
    assert all(1 <= cue.end - cue.start <= 7 for cue in cues)
    assert all(len(cue.text) / (cue.end - cue.start) <= 20 for cue in cues)


def test_an_article_is_not_left_at_the_end_of_a_line_when_there_is_a_better_place() -> None:
    words = speak("She said that it was the beginning of a wonderful new friendship")
    (cue,) = segment(words, language="en", duration=8)
    assert cue.text.split("\n")[0].split()[-1] not in ("the", "of", "a")


def test_a_title_does_not_end_a_sentence() -> None:
    cues = segment(speak("I have not seen Mr. Smith since.", pause=0.02), language="en", duration=5)
    assert [cue.text for cue in cues] == ["I have not seen Mr. Smith since."]


def test_japanese_phrases_stay_whole() -> None:
    words = speak(JAPANESE, language="ja", characters_a_second=8)
    phrases = budoux.load_default_japanese_parser().parse(JAPANESE)
    lines = lines_of(segment(words, language="ja", duration=30))
    assert "".join(lines) == JAPANESE
    assert len(lines) > 2
    ends = {len("".join(phrases[: count + 1])) for count in range(len(phrases))}
    assert {len("".join(lines[: count + 1])) for count in range(len(lines))} <= ends


def test_a_chinese_numeral_stays_with_its_measure_word() -> None:
    """一种 of a sentence of 7.02 s was in two cues."""
    tokens = ["还有", "一", "种", "方式", "就是", "针对", "某", "一", "群体", "进行", "补助。"]
    starts = [0.0, 0.6, *(1.8 + 0.6 * at for at in range(len(tokens) - 2))]  # a pause after the first 一
    words = [Word(start, start + 0.6, token, spaced=False) for start, token in zip(starts, tokens, strict=True)]
    lines = lines_of(segment(words, language="zh", duration=8))
    assert len(lines) > 1
    assert not any(line.endswith(("一", "某")) for line in lines), lines


@pytest.mark.parametrize("text", ["あ" * 100, "x" * 100, "กรุงเทพ" * 20])
def test_an_endless_word_comes_out_whole(text: str) -> None:
    (cue,) = segment([Word(1, 3, text)], language="en", duration=10)
    assert cue.text == text


def test_a_word_stretched_over_silence_is_shown_for_seven_seconds() -> None:
    (cue,) = segment([Word(1, 60, "oh")], language="en", duration=90)
    assert (cue.start, cue.end) == (1, 8)


def test_endless_text_without_blanks_is_cut_between_its_tokens() -> None:
    words = speak("天" * 100, language="zh", characters_a_second=6)
    cues = segment(words, language="zh", duration=40)
    assert "".join(lines_of(cues)) == "天" * 100
    assert all(display_width(line) <= 42 for line in lines_of(cues))


def test_long_silence_is_never_inside_a_cue() -> None:
    words = [Word(0, 0.5, "one"), Word(0.5, 1, "two"), Word(5, 5.5, "three"), Word(5.5, 6, "four")]
    assert [cue.text for cue in segment(words, language="en", duration=8)] == ["one two", "three four"]
