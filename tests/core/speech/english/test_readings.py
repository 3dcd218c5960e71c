"""Readings of what creators write: the displayed text, and the spoken form of each of its words."""

import pytest
from hibari.g2p import G2P
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.speech.english.pronunciations import respelling
from content_pipeline.core.speech.text_normalization import tokenize
from tests.core.speech.english.number_readings import NUMBER_READINGS
from tests.core.speech.english.readings import CAPITALS, NAMES, READINGS


@pytest.fixture(scope="module")
def g2p() -> G2P:
    return G2P()


@pytest.mark.parametrize(("script", "spoken"), [*READINGS, *NUMBER_READINGS])
def test_english_is_read_as_its_writer_means_it(script: str, spoken: str) -> None:
    tokens = tokenize(script, "en")
    assert "|".join(token.spoken for token in tokens) == spoken
    assert [token.text for token in tokens] == script.split()


@pytest.mark.parametrize(("name", "phonemes"), NAMES)
def test_names_sound_as_people_say_them(g2p: G2P, name: str, phonemes: str) -> None:
    (token,) = tokenize(name, "en")
    assert g2p(token.spoken).replace(" ", "") == phonemes


@pytest.mark.parametrize(("script", "phonemes"), CAPITALS)
def test_capitals_sound_as_words_or_as_letters(g2p: G2P, script: str, phonemes: str) -> None:
    assert g2p(" ".join(token.spoken for token in tokenize(script, "en"))) == phonemes


@given(st.integers(1, 10**6 - 1), st.integers(1, 2))
def test_thousands_with_blanks_are_read_as_with_commas(number: int, groups: int) -> None:
    written = f"{number * 1000**groups:,}"
    (plain,) = tokenize(written, "en")
    *silent, last = tokenize(written.replace(",", " "), "en")
    assert [token.spoken for token in silent] == [""] * written.count(",")
    assert last.spoken == plain.spoken


def test_a_name_that_is_not_listed_is_left_to_the_voice() -> None:
    assert respelling("Nike") is None
    assert respelling("it's") is None
