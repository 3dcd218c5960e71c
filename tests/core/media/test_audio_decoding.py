"""Decoding of audio to samples with correct timing."""

from pathlib import Path

import numpy as np
import pytest

from content_pipeline.core.errors import MediaUnusable
from content_pipeline.core.media import audio_decoding
from tests.media import samples


def _heard(path: Path) -> audio_decoding.Samples:
    return np.concatenate(list(audio_decoding.pcm_chunks(path)))


@pytest.mark.slow
def test_lossless_speech_comes_out_whole() -> None:
    heard = _heard(samples.SPEECH)
    assert len(heard) == 113_600
    assert heard.dtype == np.float32
    assert 0.1 < np.abs(heard).max() <= 1


@pytest.mark.slow
def test_sound_that_starts_late_comes_late(tmp_path: Path) -> None:
    pictures = ["-f", "lavfi", "-i", "testsrc2=s=64x64:d=6"]
    path = samples.make(tmp_path / "a.mp4", *pictures, "-itsoffset", "2", "-f", "lavfi", "-i", "sine=d=3")
    heard = _heard(path)
    assert np.abs(heard[: int(1.9 * audio_decoding.SAMPLE_RATE)]).max() < 0.01
    assert np.abs(heard[int(2.1 * audio_decoding.SAMPLE_RATE) :]).max() > 0.05


@pytest.mark.slow
def test_sound_that_was_left_out_is_silence(tmp_path: Path) -> None:
    path = samples.audio(tmp_path / "a.mka", "sine=d=10,aselect='lt(t,3)+gt(t,7)'", "-c:a", "libopus")
    heard = _heard(path)
    assert len(heard) / audio_decoding.SAMPLE_RATE == pytest.approx(10, abs=0.05)
    assert np.abs(heard[4 * audio_decoding.SAMPLE_RATE : 6 * audio_decoding.SAMPLE_RATE]).max() < 0.01


@pytest.mark.slow
def test_a_clock_that_does_not_start_at_zero_changes_nothing(tmp_path: Path) -> None:
    heard = _heard(samples.video(tmp_path / "a.ts", seconds=3))  # transport streams start at 1.4 s
    assert len(heard) / audio_decoding.SAMPLE_RATE == pytest.approx(3, abs=0.1)


@pytest.mark.slow
def test_sound_may_turn_from_one_channel_to_two(tmp_path: Path) -> None:
    one = samples.audio(tmp_path / "one.aac", samples.TONE, "-ac", "1")
    two = samples.audio(tmp_path / "two.aac", samples.TONE, "-ac", "2")
    path = tmp_path / "both.aac"
    path.write_bytes(one.read_bytes() + two.read_bytes())
    assert len(_heard(path)) / audio_decoding.SAMPLE_RATE == pytest.approx(6, abs=0.2)


@pytest.mark.slow
def test_a_long_recording_is_cut_where_it_is_silent(tmp_path: Path) -> None:
    silent = "volume=0:enable='between(t,270,272)'"
    path = samples.audio(tmp_path / "a.wav", f"sine=d=400:r=8000,{silent}")
    first, second = audio_decoding.pcm_chunks(path)
    assert 270 < len(first) / audio_decoding.SAMPLE_RATE < 272
    assert (len(first) + len(second)) / audio_decoding.SAMPLE_RATE == pytest.approx(400, abs=0.1)


@pytest.mark.slow
def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaUnusable) as raised:
        _heard(samples.video(tmp_path / "a.mp4", sound=False))
    assert raised.value.code == "no_audio"


@pytest.mark.slow
def test_sound_that_never_decodes_is_refused(tmp_path: Path) -> None:
    path = samples.audio(tmp_path / "a.mka", samples.TONE, "-c:a", "flac", "-bsf:a", "noise=amount=1")
    with pytest.raises(MediaUnusable) as raised:
        _heard(path)
    assert raised.value.code == "media_unreadable"
