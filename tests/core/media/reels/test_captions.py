"""Captions and overlays of a reel, inspected in rendered frames."""

import re
from pathlib import Path
from typing import Any

import numpy
import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_pipeline.core.media.reels.captions import caption_track
from content_pipeline.core.media.reels.safe_zone import HEIGHT, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP, WIDTH
from content_pipeline.core.media.timed_words import Word
from tests.core.media.rendered_frames import frame, text_pixels, yellow_pixels
from tests.core.media.spoken_words import speak, untidy_words
from tests.core.media.test_fonts import SCRIPTS

pytestmark = pytest.mark.slow

YELLOW = (255, 214, 10)
ENGLISH = "We tested the $1,299 camera for thirty days, and honestly? It changed how we shoot."
NASTY = {
    "one character": "a",
    "no blanks": "x" * 200,
    "a long address": "Read https://example.com/a/very/long/path/that-never-ends?and=more&of=it#all now.",
    "a long word": "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
    "wide letters": "WWWWWWWWW MMMMMMMMMMM @@@@@@@@@@ ________",
    "only punctuation": "?! … — ()",
    "control text": "{\\an8}{\\pos(0,0)} \\N \\h 100% it's: {\\p1}m 0 0",
    "piled marks": "Z" + "\u0351\u0334\u0322" * 30 + "algo",
    "both directions": "اشتريت iPhone 15 Pro אתמול for $1,299 دولار",
    "right-to-left without blanks": "م" * 80,
    "hangul": "안녕하세요" * 6,
    "kana without blanks": "きょう" * 40,
}
# These rows are between title card and name badge and have only captions.
MIDDLE = slice(700, 1114)


def written(words: list[Word], *, language: str = "en", seconds: float = 0.0, **labels: Any) -> str:
    return caption_track(
        words,
        language=language,
        seconds=seconds or words[-1].end + 0.5,
        **{"name": "Maya Chen", "title": None, "accent": YELLOW} | labels,
    )


def seen(folder: Path, written: str, at: float) -> Any:
    return frame(folder, written, (WIDTH, HEIGHT), at)


def assert_safe(picture: Any) -> None:
    rows, columns = numpy.nonzero(text_pixels(picture))
    assert SAFE_LEFT <= columns.min() < columns.max() < SAFE_RIGHT
    assert SAFE_TOP <= rows.min() < rows.max() < SAFE_BOTTOM


@pytest.mark.nightly
@pytest.mark.parametrize("text", [*SCRIPTS.values(), *NASTY.values()], ids=[*SCRIPTS, *NASTY])
def test_whatever_is_said_is_shown_and_stays_in_the_safe_area(tmp_path: Path, text: str) -> None:
    words = speak(text)
    labels = {"title": text[:120], "name": text[:40]}
    picture = seen(tmp_path, written(words, language="xx", **labels), words[-1].start + 0.05)
    assert_safe(picture)
    drawn = text_pixels(picture)
    assert drawn[MIDDLE].any()
    assert drawn[: MIDDLE.start].any()
    assert yellow_pixels(picture)[MIDDLE].any()


def test_text_is_kept_in_by_its_layout_not_by_a_knife(tmp_path: Path) -> None:
    words = speak("WWWWWWWWWWWWWWWW jjjjjjjjjjjjjjjjjjjjjjj fffffffffffffff")
    free = re.sub(r"\\clip\([0-9,]+\)", "", written(words, title="W" * 120, name="W" * 40))
    for word in words:
        assert_safe(seen(tmp_path, free, word.start + 0.2))


def test_captions_are_large_and_in_the_middle(tmp_path: Path) -> None:
    picture = seen(tmp_path, written([Word(0, 1, "HHH")], seconds=9), 1.3)
    rows, columns = numpy.nonzero((picture[MIDDLE] > 220).all(axis=2))
    # Cap height of Manrope: 0.72 em.
    assert 84 <= (rows.max() - rows.min() + 1) / 0.72 <= 96
    assert (columns.min() + columns.max()) / 2 == pytest.approx((SAFE_LEFT + SAFE_RIGHT) / 2, abs=2)


def marked(folder: Path, written: str, at: float) -> tuple[float, float]:
    """Row and column of the highlight's center."""
    rows, columns = numpy.nonzero(yellow_pixels(seen(folder, written, at))[MIDDLE])
    return float(rows.min() + rows.max()) / 2, float(columns.min() + columns.max()) / 2


@pytest.mark.parametrize(
    ("text", "leftwards"),
    [("one two three", False), ("नमस्ते दुनिया", False), ("שלום לכולם", True), ("من في بيت", True)],
)
def test_the_mark_moves_from_word_to_word_as_people_read(tmp_path: Path, text: str, leftwards: bool) -> None:
    words = speak(text)
    document = written(words, language="xx")
    places = [marked(tmp_path, document, word.start + 0.12) for word in words]
    columns = [column for _, column in places]
    assert len({row for row, _ in places}) == 1
    assert columns == sorted(columns, reverse=leftwards)
    assert len(set(columns)) == len(words)


def test_a_phrase_runs_as_its_script_does_whichever_letters_it_has_more_of(tmp_path: Path) -> None:
    first, *rest = speak("קניתי iPhone 15 Pro, וזה היה הטלפון הכי טוב שקניתי בחיים.")
    document = written([first, *rest], language="he")
    _, column = marked(tmp_path, document, first.start + 0.12)
    _, following = marked(tmp_path, document, rest[0].start + 0.12)
    assert column > following


@pytest.mark.parametrize("emoji", ["👨‍👩‍👧", "❤️‍🔥", "🏳️‍🌈", "🇫🇷", "👍🏽"])
def test_an_emoji_of_several_stays_on_its_mark(tmp_path: Path, emoji: str) -> None:
    picture = seen(tmp_path, written([Word(0, 1, emoji)]), 0.5)[MIDDLE]
    mark = yellow_pixels(picture)
    drawn, columns = (numpy.nonzero(mask)[1] for mask in (text_pixels(picture) & ~mark, mark))
    assert columns.min() - 3 < drawn.min() < drawn.max() < columns.max() + 3


@pytest.mark.parametrize("text", ["one", "דולר", "اشتريت", "من", "สวัสดี", "दुनिया", "今日は"])
def test_the_mark_stands_right_behind_its_word(tmp_path: Path, text: str) -> None:
    document = written([Word(0, 1, text)], language="xx")
    _, middle = marked(tmp_path, document, 0.5)
    letters = numpy.nonzero((seen(tmp_path, document, 0.5)[MIDDLE] < 60).all(axis=2))[1]
    assert (letters.min() + letters.max()) / 2 == pytest.approx(middle, abs=8)


def test_only_the_mark_and_its_word_change_within_a_phrase(tmp_path: Path) -> None:
    words = speak("one two six")
    document = written(words, seconds=60)
    before, after = (text_pixels(seen(tmp_path, document, word.start + 0.12)) for word in words[:2])
    # The third word, in the last quarter of the line.
    columns = numpy.nonzero(before[MIDDLE])[1]
    last = slice(columns.max() - (columns.max() - columns.min()) // 4, None)
    assert before[MIDDLE, last].any()
    assert (before[MIDDLE, last] == after[MIDDLE, last]).all()


def test_the_mark_goes_out_in_a_pause_and_the_phrase_after_a_long_one(tmp_path: Path) -> None:
    document = written([Word(0, 1, "one"), Word(8, 9, "two")], seconds=10)
    spoken, pause, silence = (seen(tmp_path, document, at)[MIDDLE] for at in (0.5, 1.5, 4))
    assert yellow_pixels(spoken).any()
    assert text_pixels(pause).any()
    assert not yellow_pixels(pause).any()
    assert not text_pixels(silence).any()


def test_the_first_phrase_is_on_the_first_picture(tmp_path: Path) -> None:
    words = [Word(0.8, 1.4, "Hello")]
    picture = seen(tmp_path, written(words), 0)[MIDDLE]
    assert text_pixels(picture).any()
    assert not yellow_pixels(picture).any()


def test_the_progress_line_fills_as_time_passes(tmp_path: Path) -> None:
    document = written([Word(0, 1, "Hello")], seconds=40)
    for at in (4, 20, 36):
        columns = numpy.nonzero(yellow_pixels(seen(tmp_path, document, at))[SAFE_BOTTOM - 8 : SAFE_BOTTOM])[1]
        share = (columns.max() + 1 - SAFE_LEFT) / (SAFE_RIGHT - SAFE_LEFT)
        assert share == pytest.approx(at / 40, abs=0.01)


def test_a_title_stands_at_the_top_and_none_leaves_it_free(tmp_path: Path) -> None:
    words = [Word(0, 1, "Hello"), Word(8, 9, "you")]
    above = slice(0, MIDDLE.start)
    titled = text_pixels(seen(tmp_path, written(words, title="What nobody says"), 5))[above]
    rows, columns = numpy.nonzero(titled)
    assert rows.min() == pytest.approx(SAFE_TOP, abs=2)
    assert (columns.min() + columns.max()) / 2 == pytest.approx((SAFE_LEFT + SAFE_RIGHT) / 2, abs=2)
    for empty in (None, " ", "\x07", "\U00012000"):
        assert not text_pixels(seen(tmp_path, written(words, title=empty), 0.5))[above].any()


def test_the_name_stands_above_the_progress_line_at_the_left(tmp_path: Path) -> None:
    letters = (seen(tmp_path, written([Word(0, 1, "Hello")]), 0.5) > 220).all(axis=2)
    rows, columns = numpy.nonzero(letters[MIDDLE.stop :])
    assert SAFE_LEFT < columns.min() < columns.max() < WIDTH / 2
    assert rows.max() + MIDDLE.stop < SAFE_BOTTOM - 20


@pytest.mark.parametrize("accent", [(255, 255, 255), (250, 220, 0), (20, 20, 120), (0, 0, 0)])
def test_the_marked_word_is_legible_on_any_accent(tmp_path: Path, accent: tuple[int, int, int]) -> None:
    picture = seen(tmp_path, written([Word(0, 1, "HHH")], accent=accent), 0.5)[MIDDLE].astype(int)
    brightness = (picture @ [0.299, 0.587, 0.114])[text_pixels(picture)]
    assert numpy.percentile(brightness, 95) - numpy.percentile(brightness, 5) > 120


def test_control_text_is_text() -> None:
    events = pysubs2.SSAFile.from_string(written(speak(NASTY["control text"]))).events
    # The visible text of an event is what remains without its tags.
    shown = {re.sub(r"(?<!\\)\{[^}]*\}", "", event.text) for event in events if event.style == "Current"}
    assert "\\\u2060an8" in "".join(shown).replace("\\{", "").replace("\\}", "")


def test_emoji_are_drawn_each_in_its_own_shape(tmp_path: Path) -> None:
    faces, rockets, unknown = (
        text_pixels(seen(tmp_path, written([Word(0, 1, "hi"), Word(1, 2, emoji)], seconds=9), 2.5))[MIDDLE]
        for emoji in ("😀", "🚀", "\U00012000")
    )
    assert faces.any()
    assert (faces != rockets).sum() > 500
    assert unknown.sum() < 0.8 * faces.sum()


def test_the_same_words_make_the_same_document() -> None:
    assert written(speak(ENGLISH)) == written(speak(ENGLISH))


def test_a_script_of_2500_characters_fits_too() -> None:
    words = speak((ENGLISH + " ") * 30)
    events = pysubs2.SSAFile.from_string(written(words)).events
    assert sum(event.style == "Mark" for event in events) == len(words)


@pytest.mark.parametrize(
    "word", ["internationalization", "Geschwindigkeitsbegrenzung", "https://www.example.com/blog/bread", "a_b-" * 8]
)
def test_a_word_wider_than_a_line_keeps_the_size_of_the_others(word: str) -> None:
    events = pysubs2.SSAFile.from_string(written(speak(f"Here it is: {word} for you"))).events
    spoken = [event for event in events if event.style == "Spoken"]
    assert len({re.findall(r"\\fs([\d.]+)", event.text)[0] for event in spoken}) == 1
    assert "".join(event.plaintext for event in spoken).replace("-", "").count(word.replace("-", "")) == 1


@pytest.mark.nightly
@settings(max_examples=15)
@given(untidy_words(), st.sampled_from(["en", "ar", "ja"]))
def test_no_words_make_it_fail_and_every_event_is_within_the_reel(words: list[Word], language: str) -> None:
    document = written(words, language=language, seconds=20)
    events = pysubs2.SSAFile.from_string(document).events
    assert document.count("\nDialogue:") == len(events)
    assert all(0 <= event.start <= event.end <= 20_000 for event in events)
