"""Which characters the voices can say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.speech.character_coverage import unspoken_character


@pytest.mark.parametrize(
    ("text", "language", "character"),
    [
        ("We love 寿司 here", "en", "寿"),
        ("Нello there", "en", "Н"),
        ("the λόγος of it", "en", "λ"),
        ("say ʃ aloud", "en", "ʃ"),
        ("Hola, かな", "es", "か"),
        ("Привет 你好", "ru", "你"),
        ("你好 かな", "zh", "か"),
    ],
)
def test_letters_of_other_scripts_are_found(text: str, language: str, character: str) -> None:
    assert unspoken_character(text, language, "espeak") == character


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Café naïve, Łódź, Dvořák, ﬁne, 𝗯𝗼𝗹𝗱 and Ｗｉｄｅ", "en"),
        ("2πr is 5 μg of α", "en"),
        ("¯\\_(ツ)_/¯ whatever 😍 ٣ € ½ № 5", "en"),
        ("Привет, iPhone и Wi-Fi", "ru"),
        ("नमस्ते दोस्तों, hello", "hi"),
        ("안녕하세요 BTS", "ko"),
        ("今日は東京タワー", "ja"),
        ("Tiếng Việt có dấu", "vi"),
    ],
)
def test_letters_of_the_language_and_latin_ones_are_said(text: str, language: str) -> None:
    assert unspoken_character(text, language, "hibari") is None


def test_an_endpoint_says_all() -> None:
    assert unspoken_character("We love 寿司", "en", "endpoint") is None


@given(st.text(max_size=30), st.sampled_from(["en", "ja", "xx", "ar"]))
def test_what_is_found_is_a_letter_of_the_text(text: str, language: str) -> None:
    found = unspoken_character(text, language, "hibari")
    assert found is None or (found in text and found.isalpha())
