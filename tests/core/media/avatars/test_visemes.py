import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.avatars.mouths import Mouth
from content_pipeline.core.media.avatars.visemes import DIPHTHONGS, VISEMES, animate
from content_pipeline.core.media.reels.safe_zone import FRAMES_PER_SECOND
from content_pipeline.core.media.timed_phonemes import Phoneme
from content_pipeline.core.speech import hibari

RATE = 100  # frames a second: finer than a video


def _spoken(symbols: str, each: float = 0.1, start: float = 0.5) -> list[Phoneme]:
    return [Phoneme(start + n * each, start + (n + 1) * each, symbol) for n, symbol in enumerate(symbols)]


def _mouths(symbols: str, each: float = 0.1) -> list[Mouth]:
    return animate(_spoken(symbols, each), 1.0 + len(symbols) * each, RATE)


def _at(mouths: list[Mouth], seconds: float) -> Mouth:
    return mouths[round((seconds - 0.02) * RATE)]  # the mouth leads the sound


@pytest.mark.parametrize("lips", "mbp")
def test_lips_close_between_two_open_vowels_even_when_spoken_fast(lips: str) -> None:
    mouths = _mouths(f"ɑ{lips}ɑ", each=0.07)
    assert _at(mouths, 0.605).open == 0
    assert _at(mouths, 0.605).press > 0.5
    assert min(max(mouth.open for mouth in half) for half in (mouths[:55], mouths[60:])) > 0.3


@pytest.mark.slow
@given(st.sampled_from("mbp"), st.sampled_from("ɑæow"), st.floats(0.025, 0.1), st.floats(0, 1 / 30))
def test_a_frame_of_a_video_shows_the_lips_shut_in_each_m_b_and_p(
    lips: str, vowel: str, each: float, offset: float
) -> None:
    spoken = _spoken(f"{vowel}{lips}{vowel}", each, start=0.5 + offset)
    mouths = animate(spoken, 1.5, FRAMES_PER_SECOND)
    first, last = (round((at - 0.02) * FRAMES_PER_SECOND) for at in (spoken[1].start, spoken[1].end))
    # Less than half of the step of an opening that `puppet` draws.
    assert min(mouth.open for mouth in mouths[first - 1 : last + 1]) < 1 / 32


@pytest.mark.parametrize("lips", "fv")
def test_the_lower_lip_touches_the_teeth(lips: str) -> None:
    assert _at(_mouths(f"æ{lips}æ"), 0.65).tuck > 0.7


def test_lips_round_ahead_of_a_rounded_sound() -> None:
    before_w, before_i = (_at(_mouths(f"t{vowel}"), 0.59) for vowel in "wi")
    assert before_w.pucker > before_i.pucker + 0.2
    assert before_i.spread > before_w.spread + 0.2


def test_an_h_takes_the_shape_of_the_vowel_that_follows() -> None:
    before_u, before_i = (_at(_mouths(f"h{vowel}"), 0.57) for vowel in "ui")
    assert before_u.pucker > before_i.pucker + 0.2


def test_a_diphthong_glides() -> None:
    mouths = _mouths("W", each=0.25)
    assert _at(mouths, 0.56).open > _at(mouths, 0.72).open + 0.2
    assert _at(mouths, 0.72).pucker > _at(mouths, 0.56).pucker + 0.2


def test_the_mouth_rests_where_nobody_speaks() -> None:
    phonemes = [*_spoken("hɑi", start=0.5), *_spoken("hɑi", start=1.3)]
    mouths = animate(phonemes, 2.2, RATE)
    for silent in (0.2, 1.05, 2.0):
        assert max(_at(mouths, silent)[:-1]) < 0.06
    assert animate([], 1.0, RATE) == [Mouth()] * RATE


def test_a_stressed_vowel_opens_further() -> None:
    plain, stressed = (animate([Phoneme(0.3, 0.45, "ɑ", stress)], 1.0, RATE) for stress in (False, True))
    assert max(mouth.open for mouth in stressed) > max(mouth.open for mouth in plain) + 0.05


@pytest.mark.slow
def test_every_sound_of_the_bundled_voice_has_a_mouth() -> None:
    letters = {symbol for symbol in hibari.load_model().vocab if unicodedata.category(symbol) in ("Ll", "Lu", "Lo")}
    assert len(letters) > 80
    assert letters - set(VISEMES) - set(DIPHTHONGS) == set()
    assert set("".join(DIPHTHONGS.values())) <= set(VISEMES)


_SYMBOLS = st.text(st.sampled_from([*VISEMES, *DIPHTHONGS, "?"]), max_size=40)


@pytest.mark.slow
@given(_SYMBOLS, st.floats(0.02, 0.3))
def test_shapes_stay_within_limits_and_move_without_jumps(symbols: str, each: float) -> None:
    mouths = np.array(_mouths(symbols, each))
    assert len(mouths) == round((1.0 + len(symbols) * each) * RATE)
    assert (mouths >= -1).all()
    assert (mouths <= 1.1).all()
    assert all(np.abs(one - other).max() < 0.45 for one, other in pairwise(mouths))
