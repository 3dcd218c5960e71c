"""Language tags and names."""

import pytest

from content_pipeline.core.errors import Invalid
from content_pipeline.core.speech.languages import is_known_language, whisper_language


@pytest.mark.parametrize(
    ("tag", "code"),
    [("en", "en"), ("en-US", "en"), ("PT_br", "pt"), ("zh-Hant-TW", "zh"), ("nb", "no"), ("fil-PH", "tl")],
)
def test_a_tag_stands_for_the_language_that_it_begins_with(tag: str, code: str) -> None:
    assert is_known_language(tag)
    assert whisper_language(tag) == code


@pytest.mark.parametrize("tag", ["auto", "AUTO", None])
def test_a_language_may_be_left_to_find_out(tag: str | None) -> None:
    assert tag is None or is_known_language(tag)
    assert whisper_language(tag) is None


@pytest.mark.parametrize("tag", ["", "xx", "english", "tlh", "en us", "-en", "e" * 1000])
def test_an_unknown_language_is_refused_with_the_known_ones(tag: str) -> None:
    assert not is_known_language(tag)
    with pytest.raises(Invalid) as raised:
        whisper_language(tag)
    assert raised.value.code == "unknown_language"
    assert "de, " in raised.value.remedy
