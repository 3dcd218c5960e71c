"""The measure of how far the mouth opens from the sound."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from content_pipeline.core.avatars import lip_sync
from content_pipeline.core.media import wav
from content_pipeline.core.media.timed_phonemes import shift_phonemes
from content_pipeline.core.speech.narration import Narration, narrate
from content_pipeline.core.speech.voice_selection import choose_voice
from tests.core.speech.scripts import SCRIPTS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def spoken() -> Narration:
    return narrate(SCRIPTS[1], choose_voice("hibari-heart", SCRIPTS[1]))


@pytest.fixture
def measured(spoken: Narration, tmp_path: Path) -> Callable[[float], lip_sync.LipSync]:
    """Measures a mouth that is this many seconds late."""
    wav.write(spoken.samples, spoken.rate, tmp_path / "speech.wav")

    def measure(late: float) -> lip_sync.LipSync:
        return lip_sync.measure(tmp_path / "speech.wav", shift_phonemes(spoken.phonemes, late), spoken.seconds)

    return measure


def test_a_mouth_that_moves_with_the_sound_is_close(measured: Callable[[float], lip_sync.LipSync]) -> None:
    found = measured(0.0)
    assert found.onsets >= 4
    assert found.is_close


@pytest.mark.parametrize("late", [-0.15, 0.15])
def test_a_mouth_that_is_early_or_late_is_not(measured: Callable[[float], lip_sync.LipSync], late: float) -> None:
    found = measured(late)
    assert not found.is_close
    assert found.median == pytest.approx(abs(late), abs=0.06)


def test_a_mouth_that_never_opens_is_not_close_to_any_sound(spoken: Narration, tmp_path: Path) -> None:
    wav.write(spoken.samples, spoken.rate, tmp_path / "speech.wav")
    assert lip_sync.measure(tmp_path / "speech.wav", (), spoken.seconds).median == pytest.approx(spoken.seconds, 0.01)


def test_silence_has_no_onset_to_miss(spoken: Narration, tmp_path: Path) -> None:
    wav.write(np.zeros(3 * spoken.rate, np.float32), spoken.rate, tmp_path / "silence.wav")
    assert lip_sync.measure(tmp_path / "silence.wav", spoken.phonemes, 3.0).onsets == 0
