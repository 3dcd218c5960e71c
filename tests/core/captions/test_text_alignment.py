"""Alignment of a known text with what is heard of it."""

import random
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.captions.text_alignment import align, check_length, valid_text
from content_pipeline.core.errors import Invalid
from content_pipeline.core.media import wav
from content_pipeline.core.media.timed_words import Word, join_words
from content_pipeline.core.speech.narration import narrate
from content_pipeline.core.speech.recognition.transcription import Transcript, snap_words, transcribe
from content_pipeline.core.speech.voice_selection import choose_voice
from tests.core.speech.scripts import SCRIPTS

SAID = "Good morning everyone, today we look at three small cameras and at what they cost."


def heard(text: str, language: str = "en") -> Transcript:
    """A word each half second; characters where the text has no spaces."""
    spaced = " " in text
    words = [
        Word(index / 2, index / 2 + 0.4, word, spaced) for index, word in enumerate(text.split() if spaced else text)
    ]
    return Transcript(language, len(words) / 2 + 1.0, tuple(words))


def starts(text: str, transcript: Transcript) -> dict[str, float]:
    return {word.text: word.start for word in align(text, transcript)}


def mismatch(text: str, transcript: Transcript) -> str:
    with pytest.raises(Invalid) as raised:
        align(text, transcript)
    assert raised.value.code == "text_mismatch"
    return raised.value.detail


def test_words_have_the_spelling_of_the_text_and_the_times_of_what_is_heard() -> None:
    text = "GOOD morning, everyone!\nToday we look at 3 small cameras — and at what they cost…"
    words = align(text, heard(SAID))
    assert join_words(words) == " ".join(text.split())
    spoken = [word for word in words if word.text != "—"]
    assert [word.start for word in spoken] == [index / 2 for index in range(15)]
    assert [word.end for word in spoken] == [index / 2 + 0.4 for index in range(15)]


def test_words_are_in_the_language_that_is_heard_at_their_time() -> None:
    english, spanish = heard("we asked her about it"), heard("es la historia de mi abuela")
    answer = [replace(word, start=word.start + 2.5, end=word.end + 2.5, language="es") for word in spanish.words]
    transcript = Transcript("en", 7.0, (*english.words, *answer))
    words = align("We asked her about it. — ¡Es la historia de mi abuela!", transcript)
    assert [word.language for word in words if word.text != "—"] == [None] * 5 + ["es"] * 6


def test_a_dash_takes_no_time_of_the_pause_that_follows() -> None:
    (dash,) = (word for word in align("one two — three four", heard("one two three four")) if word.text == "—")
    assert (dash.start, dash.end) == (0.9, pytest.approx(0.92))


def test_a_name_that_is_misheard_has_the_time_of_what_was_heard_instead() -> None:
    found = starts("and today Zyntraxo, sells cameras", heard("and today sin trax oh sells cameras"))
    assert (found["Zyntraxo,"], found["sells"]) == (1.0, 2.5)


def test_numbers_are_the_same_as_words_and_as_digits() -> None:
    text = "In twenty twenty-six it costs one thousand two hundred dollars"
    assert starts(text, heard("In 2026 it costs $1,200"))["one"] == 2.0


@pytest.mark.parametrize(
    ("text", "spoken", "language"),
    [
        ("這個相機，比去年的便宜三百塊。", "这个相机比去年的便宜三百块", "zh"),
        ("この新しいカメラは、とても便宜です。", "この新しいカメラはとても便利です", "ja"),
        ("กล้องตัวนี้ราคาถูกมาก", "กล้องตัวนี้ราคาถูกมาก", "th"),
        ("Вот новая камера — «Заря»!", "вот новая камера заря", "ru"),
        ("हमारा नया कैमरा।", "हमारा नया कैमरा", "hi"),
        ("Café, déjà vu: l'été", "cafe deja vu l'été", "fr"),
    ],
)
def test_texts_of_other_scripts_come_back_as_they_are(text: str, spoken: str, language: str) -> None:
    transcript = heard(spoken, language)
    words = align(text, transcript)
    assert join_words(words) == text
    assert words[-1].end == pytest.approx(transcript.words[-1].end, abs=0.05)


def test_a_text_that_is_not_spoken_is_refused() -> None:
    for text, spoken in (*pairwise(SCRIPTS), (SAID, SCRIPTS[0]), (SCRIPTS[0], SAID)):
        assert "of the text is heard" in mismatch(text, heard(spoken))
    assert "Only 0%" in mismatch(SAID, heard("新しいカメラはとても便宜です", "ja"))


def test_where_nobody_speaks_no_text_is_timed() -> None:
    assert "Only 0%" in mismatch(SAID, Transcript(None, 10.0, ()))


def test_a_text_of_which_a_third_is_misheard_is_timed() -> None:
    words = SAID.split()
    wrong = [word if index % 3 else "blurb" for index, word in enumerate(words)]
    found = align(SAID, heard(" ".join(wrong)))
    assert [word.start for word in found] == pytest.approx([index / 2 for index in range(15)], abs=0.3)


def test_a_passage_that_is_not_spoken_is_refused_and_told_by_the_numbers_of_its_words() -> None:
    passage = (
        "Nobody reads this paragraph, which the speaker has skipped because the light was gone by then, alas, and the "
        "whole crew wanted to go home at once."
    )
    around = " ".join(SCRIPTS[:3])
    text = f"{around} {passage} {SAID}"
    told = mismatch(text, heard(f"{around} {SAID}"))
    before, words = len(around.split()), len(passage.split())
    first, last = map(int, re.findall(r"\d+", told))
    assert (first, last) == (pytest.approx(before + 1, abs=2), pytest.approx(before + words, abs=2))
    assert "paragraph" not in told
    assert "The words" in mismatch(f"{around} {SAID} {passage}", heard(f"{around} {SAID}"))
    assert mismatch(f"{SAID} {SCRIPTS[2]} {SAID}", heard(f"{SAID} {SCRIPTS[3]} {SAID}"))


MANTRA = "I am calm and I am strong. "
CHORUS = "Take me home, take me home, over the hills to the light. Sing it loud, sing it long, all through the night. "
VERSES = (
    "The river runs behind the house where we were born and every summer brings the same old song. ",
    "My father worked the morning shift and came back home with dust upon his shoes and on his hands. ",
    "Now winter falls on empty streets and nobody remembers how the neighbors used to laugh and dance. ",
)
SONG = "".join(verse + CHORUS for verse in VERSES) + CHORUS
OTHER_WORDS = ("colm", "strung", "bamboo", "aunt", "lemon", "river", "gone", "bright", "a", "the", "over", "under")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "misheard", "recordings"), [(MANTRA * 20, 0.1, 5), (MANTRA * 60, 0.03, 2), (SONG, 0.2, 5)]
)
def test_each_repetition_has_its_own_time(text: str, misheard: float, recordings: int) -> None:
    words, late = text.split(), []
    for seed in range(recordings):
        rng = random.Random(seed)
        said = [rng.choice(OTHER_WORDS) if rng.random() < misheard else word for word in words]
        found = align(text, heard(" ".join(said)))
        late += [
            abs(word.start - index / 2) > 0.5
            for index, (word, was_said) in enumerate(zip(found, said, strict=True))
            if word.text == was_said
        ]
    assert np.mean(late) < 0.01


def test_a_few_words_more_or_less_do_no_harm() -> None:
    said = " ".join(SCRIPTS[:2])
    assert align(f"Intro: {said} The end.", heard(said))
    assert align(said, heard(f"So, well, you know, hello and {said} and that was that, see you."))


@pytest.mark.slow
def test_names_that_the_model_does_not_know_are_timed_by_their_sound(tmp_path: Path) -> None:
    text = (
        "“Quibblefly” bought Zyntraxo for $1,300 — and nobody knew why.\n"
        "Then Xpandly, the smallest of them, made a camera: the Brandora! It is what Mara & I use."
    )
    spoken = narrate(text, choose_voice("hibari-heart", text))
    wav.write(spoken.samples, spoken.rate, path := tmp_path / "speech.wav")
    transcript = transcribe(path, language="auto", threads=2, on_progress=lambda _: None)
    words = snap_words(align(text, transcript), path, language="auto", max_seconds=transcript.seconds)
    assert join_words(words) == " ".join(text.split())
    errors = [abs(one.start - other.start) for one, other in zip(words, spoken.words, strict=True) if one.text != "—"]
    assert np.median(errors) <= 0.1
    assert np.quantile(errors, 0.9) <= 0.3
    wrong = "A second voice is run without its engine, and its weights are in a wheel that anybody may install."
    mismatch(wrong, transcript)


PIECES = [
    "camera",
    "“Zyntraxo”,",
    "don't",
    "—",
    "🔥",
    "2026",
    "$1,299.",
    "カメラ",
    "新しい。",
    "ที่",
    "a",
    "\n",
    "x" * 60,
]


@pytest.mark.slow
@given(
    st.lists(st.sampled_from(PIECES), max_size=40),
    st.sampled_from(["en", "de", "ja", "zh", "th"]),
    st.integers(0, 2**32),
    st.floats(0.5, 300),
)
def test_a_text_comes_back_exactly_with_times_in_order_and_inside_the_recording(
    pieces: list[str], language: str, seed: int, seconds: float
) -> None:
    rng = random.Random(seed)
    text = " ".join(pieces) + " end"
    kept = [piece for piece in text.split() if rng.random() < 0.9]
    times = sorted(rng.uniform(0, seconds) for _ in range(2 * len(kept)))
    spoken = tuple(
        Word(*span, word) for word, span in zip(kept, zip(times[::2], times[1::2], strict=True), strict=True)
    )
    try:
        words = align(text, Transcript(language, seconds, spoken))
    except Invalid:  # `text_mismatch`: too few words were kept
        return
    assert join_words(words) == " ".join(text.split())
    assert words[0].start >= 0
    assert words[-1].end <= seconds
    assert all(word.start < word.end for word in words)
    assert all(one.end <= other.start for one, other in pairwise(words))


def test_a_text_needs_a_word_and_no_more_than_can_be_said() -> None:
    for text in ("", " \n", "— 🔥 …"):
        with pytest.raises(Invalid) as raised:
            valid_text(text)
        assert raised.value.code == "text_empty"
    assert valid_text("a\x00b\n c\x1b") == "ab\n c"
    check_length("x" * 150, 2.0)
    with pytest.raises(Invalid) as raised:
        check_length("x" * 151, 2.0)
    assert raised.value.code == "text_too_long"
