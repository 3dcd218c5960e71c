from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.avatars.motion import Motion, animate
from content_pipeline.core.media.timed_phonemes import Phoneme

RATE, SECONDS = 30, 40.0
# A stressed syllable a second, and a pause after every fifth.
STRESSES = [0.5 + n for n in range(35)]
PHONEMES = [
    Phoneme(at + n * 0.12, at + (n + 1) * 0.12, symbol, stressed=symbol == "ɑ")
    for number, at in enumerate(STRESSES)
    for n, symbol in enumerate("tɑlɪtə" if number % 5 == 4 else "tɑlɪtənt")
]


@pytest.fixture(scope="module")
def motion() -> Motion:
    return animate(PHONEMES, SECONDS, RATE, seed=1)


def test_the_eyes_blink_shortly_every_few_seconds(motion: Motion) -> None:
    shut = np.flatnonzero(np.diff((motion.eyes < 0.2).astype(int)) > 0) / RATE
    assert len(shut) >= SECONDS / 6
    assert max(two - one for one, two in pairwise([0.0, *shut, SECONDS])) < 7
    assert (motion.eyes < 0.9).mean() < 0.12


def test_most_blinks_fall_into_pauses_and_ends_of_phrases(motion: Motion) -> None:
    pauses = np.array([at + 0.72 for number, at in enumerate(STRESSES) if number % 5 == 4])
    shut = np.flatnonzero(np.diff((motion.eyes < 0.2).astype(int)) > 0) / RATE
    near = [np.abs(pauses - moment).min() < 0.3 for moment in shut]
    assert sum(near) >= len(pauses) / 3


def test_the_head_nods_with_stress_and_the_brows_rise() -> None:
    calm = animate([], SECONDS, RATE, seed=1)
    spoken = animate(PHONEMES, SECONDS, RATE, seed=1)
    for track in ("pitch", "brows"):
        assert getattr(spoken, track).max() > 2 * np.abs(getattr(calm, track)).max()


def test_brows_and_smile_change_with_the_speech_only() -> None:
    # Drawn in steps, a slow drift would be seen as a twitch now and then.
    calm = animate([], SECONDS, RATE, seed=1)
    assert not calm.brows.any()
    assert np.ptp(calm.smile[:-RATE]) == 0
    assert calm.smile.min() > 0.5


def test_it_never_stands_still(motion: Motion) -> None:
    for track in (motion.roll, motion.x, motion.y, motion.yaw, motion.breath):
        assert all(np.ptp(part) > 0 for part in np.array_split(track, SECONDS))


def test_the_gaze_is_mostly_at_the_viewer_and_sometimes_aside(motion: Motion) -> None:
    assert np.mean(np.abs(motion.across) < 0.2) > 0.75
    assert np.abs(motion.across).max() > 0.35


def test_a_seed_always_moves_alike_and_another_differently(motion: Motion) -> None:
    again, other = (animate(PHONEMES, SECONDS, RATE, seed) for seed in (1, 2))
    for field in fields(Motion):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(motion, field.name))
    assert np.abs(other.roll - motion.roll).max() > 0.5


@pytest.mark.slow
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 30))
def test_tracks_have_a_value_for_each_frame_within_their_limits(seed: int, seconds: float) -> None:
    made = animate([phoneme for phoneme in PHONEMES if phoneme.end < seconds], seconds, RATE, seed)
    limits = {"roll": 2.4, "x": 10.5, "y": 14, "yaw": 1.1, "pitch": 1.2, "across": 1, "down": 1, "brows": 1.1}
    for field in fields(Motion):
        track = getattr(made, field.name)
        assert len(track) == round(seconds * RATE)
        low = -limits[field.name] if field.name in limits else 0
        assert (track >= low).all(), field.name
        assert (track <= limits.get(field.name, 1)).all(), field.name
