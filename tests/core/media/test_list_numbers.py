"""Numbers of lists in running text, and the breaks before them."""

import pytest

from content_pipeline.core.media.cue_segmentation import segment
from content_pipeline.core.media.list_numbers import find_list_numbers
from content_pipeline.core.media.reels.phrase_segmentation import segment_phrases
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech import hibari
from content_pipeline.core.speech.narration import ENGINES, split_into_chunks
from content_pipeline.core.speech.text_normalization import tokenize
from content_pipeline.core.speech.voice_types import VoiceChoice

STEPS = "Three steps: 1. Mix the flour 2. Knead it well 3. Bake it"


def _timed(text: str) -> list[Word]:
    return [Word(0.4 * index, 0.4 * index + 0.4, word) for index, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (STEPS, ["1.", "2.", "3."]),
        ("Do it: 1) mix 2) bake", ["1)", "2)"]),
        ("1. Eat 2. Sleep 1. Or this 2. Or that", ["1.", "2.", "1.", "2."]),
        ("I bought 1. Then I left", []),
        ("I have 2. Then 3. Good", []),
        ("1. One 2) Two", []),
        ("1. 2. 3.", []),
        ("Version 1. 2 of them", []),
        ("", []),
    ],
)
def test_a_list_is_numbered_from_one_on(text: str, numbers: list[str]) -> None:
    words = text.split()
    assert [words[index] for index in sorted(find_list_numbers(words))] == numbers


def test_phrases_of_a_reel_begin_with_the_numbers_of_a_list() -> None:
    phrases = segment_phrases(_timed(STEPS), language="en", seconds=9, line=14, width=len)
    assert [phrase.text for phrase in phrases] == ["Three steps:", "1. Mix the flour", "2. Knead it well", "3. Bake it"]


def test_cues_do_not_part_a_number_from_its_item() -> None:
    cues = segment(_timed(STEPS), language="en", duration=9)
    assert [cue.text for cue in cues] == ["Three steps: 1. Mix the flour", "2. Knead it well", "3. Bake it"]


def test_the_voice_pauses_before_the_numbers_of_a_list_and_says_them() -> None:
    chunks = split_into_chunks(tokenize(STEPS, "en"), VoiceChoice(hibari.voices()[0], "en"), ENGINES["hibari"])
    spoken = [" ".join(token.spoken for token in chunk) for chunk, _ in chunks]
    assert spoken == ["Three steps:", "one. Mix the flour", "two. Knead it well", "three. Bake it"]
