"""Scripts written for a length in seconds."""

import pytest

from content_pipeline.core.writing import scripts
from content_pipeline.core.writing.post import Persona
from tests.language_model import LanguageModel


def test_a_script_is_asked_for_in_the_length_of_the_video(language_model: LanguageModel) -> None:
    language_model.will_answer("Bread needs four things. The last one is time.")
    persona = Persona("Baker Ben", memories=("The oven is from 1962.",))
    pieces = list(scripts.write(persona, topic="Sourdough", platform="tiktok", seconds=40))
    assert "".join(pieces) == "Bread needs four things. The last one is time."
    assert len(pieces) > 1
    [[system, user]] = language_model.asked()
    assert "The oven is from 1962." in system["content"]
    for told in ("TikTok", "40 seconds", "100 words", "Sourdough"):
        assert told in user["content"]


@pytest.mark.parametrize(
    ("script", "words", "seconds"),
    [
        ("Bread needs four things: flour, water, salt — and time.", 9, 3.6),
        ("word " * 150, 150, 60.0),
        ("動画編集は数分で終わります。", 7, 2.8),
        ("AIは便利です", 4, 1.6),
        ("", 0, 0.0),
    ],
)
def test_a_script_takes_as_long_as_its_words(script: str, words: int, seconds: float) -> None:
    assert scripts.count_words(script) == words
    assert scripts.spoken_seconds(script) == seconds
