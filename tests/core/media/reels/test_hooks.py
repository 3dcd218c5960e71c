"""The headline of a script without a title."""

import pytest

from content_pipeline.core.media.line_breaking import display_width
from content_pipeline.core.media.reels.hooks import MAX_COLUMNS, hook
from content_pipeline.core.media.timed_words import Word
from tests.core.media.spoken_words import speak
from tests.media.reel_sheets import spoken
from tests.media.scripts import SCRIPTS


@pytest.mark.parametrize(
    ("script", "headline"),
    [
        ("AI is here.", "AI is here"),
        ("Do you really need ten thousand steps a day? No.", "Do you really need ten thousand steps a day?"),
        ("Stop. You are doing it wrong. Watch this.", "Stop. You are doing it wrong"),
        ("Breathe.", "Breathe"),
        ("We open at 6 p.m. sharp.", "We open at 6 p.m. sharp"),
        ("See you at 6 p.m.", "See you at 6 p.m."),
        ("Three tips for better sleep: 1. No screens. 2. A cold room.", "Three tips for better sleep"),
        ("My 3 tips: 1. No screens. 2. A cold room.", "My 3 tips: 1. No screens"),
        ("Mr. J. K. Rowling wrote it. It sold.", "Mr. J. K. Rowling wrote it"),
        ("That is what I do, so do I. Now you.", "That is what I do, so do I"),
        ("What is in my bag: MacBook, AirPods, pens.", "What is in my bag"),
        ("@maya_chen asked: how do you edit?", "@maya_chen asked: how do you edit?"),
        ("#gym #legs Stop skipping leg day.", "Stop skipping leg day"),
        ("New drop this Friday #streetwear #drop", "New drop this Friday"),
        ("Our #vegan cake is back.", "Our vegan cake is back"),
        ("#monday #grind", ""),
        ("", ""),
    ],
)
def test_the_first_sentence_is_the_headline(script: str, headline: str) -> None:
    assert hook(speak(script, pause=0.02), "en") == headline


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    script = "If you want to grow your account this year, stop posting at random times of the day and plan your week."
    assert hook(speak(script), "en") == "If you want to grow your account this year…"


def test_a_line_ends_a_headline_as_the_voice_pauses_there() -> None:
    title, text = speak("The one rule of budgeting"), speak("Pay yourself first.")
    pause = title[-1].end + 0.4
    words = [*title, *(Word(word.start + pause, word.end + pause, word.text) for word in text)]
    assert hook(words, "en") == "The one rule of budgeting"


@pytest.mark.parametrize("word", ["x" * 200, "é" * 90, "👨‍👩‍👧" * 50, "あ" * 90])
def test_a_word_without_end_is_cut_between_letters(word: str) -> None:
    headline = hook([Word(0, 1, word)], "ja")
    assert headline.endswith("…")
    assert word.startswith(headline[:-1])
    assert 0 < display_width(headline[:-1]) <= MAX_COLUMNS


def test_no_period_stands_before_the_ellipsis_of_a_word_that_is_cut_in_a_number() -> None:
    headline = hook([Word(0, 1, f"https://example.com/{'x' * 37}6.55")], "en")
    assert headline == f"https://example.com/{'x' * 37}6…"


@pytest.mark.parametrize(
    "script", [script for script in SCRIPTS if script.name != "hashtags alone"], ids=lambda script: script.name
)
def test_every_script_has_a_headline_of_one_glance(script) -> None:
    headline = hook(spoken(script), script.language)
    assert any(map(str.isalnum, headline))
    assert display_width(headline) <= MAX_COLUMNS
