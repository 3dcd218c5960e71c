from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.timed_phonemes import phonemes_from_spelling
from content_pipeline.core.media.timed_words import Word


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Map", "mɑp"),
        ("ship", "ʃip"),
        ("fée", "fi"),
        ("かみ", "kɑmi"),
        ("мир", "ɛmiɛɹ"),
        ("今日", "ɑɑ"),
        ("it's", "its"),
        ("—", ""),
        ("x2!", "ktwɔ"),
    ],
)
def test_letters_of_any_script_stand_for_sounds(text: str, symbols: str) -> None:
    assert "".join(one.symbol for one in phonemes_from_spelling([Word(0, 1, text)])) == symbols


def test_the_first_vowel_is_stressed_and_vowels_last_longer() -> None:
    phonemes = phonemes_from_spelling([Word(1.0, 1.6, "Papa")])
    assert [phoneme.stressed for phoneme in phonemes] == [False, True, False, False]
    assert [round(phoneme.end - phoneme.start, 6) for phoneme in phonemes] == [0.1, 0.2, 0.1, 0.2]


@pytest.mark.slow
@given(st.text(max_size=30), st.floats(0, 5), st.floats(0.02, 3))
def test_phonemes_follow_each_other_and_fill_their_word(text: str, start: float, seconds: float) -> None:
    phonemes = phonemes_from_spelling([Word(start, start + seconds, text)])
    assert all(one.end == other.start for one, other in pairwise(phonemes))
    if phonemes:
        assert (phonemes[0].start, phonemes[-1].end) == (pytest.approx(start), pytest.approx(start + seconds))
