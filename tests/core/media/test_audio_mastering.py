"""Mastering of reel audio: loudness, music and encoding."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from content_pipeline.core.errors import MediaUnusable, NotMedia
from content_pipeline.core.media import audio_mastering, wav
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE as RECORDED
from content_pipeline.core.media.audio_decoding import Samples, pcm_chunks
from tests.media import odd, samples

pytestmark = pytest.mark.slow

SECONDS = 6.0


@pytest.fixture(scope="module")
def speech() -> Samples:
    return np.concatenate(list(pcm_chunks(samples.SPEECH)))[: int(SECONDS * RECORDED)]


def loudness(path: Path) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dB, as ffmpeg measures them."""
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-nostats",
        "-i",
        str(path),
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr.rpartition("Summary:")[2]
    integrated, peak = (re.search(rf"{name}:\s+(\S+)", said) for name in ("I", "Peak"))
    assert integrated
    assert peak
    return float(integrated[1]), float(peak[1])


def _music(folder: Path, seconds: float = 20) -> Path:
    return samples.audio(folder / "music.mp3", "aevalsrc=0.3*sin(1382*t)|0.3*sin(1740*t):d={seconds}", seconds=seconds)


def _level(part: audio_mastering.Stereo) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(part))) + 1e-9))


def _encoded(mixed: audio_mastering.Mix, folder: Path) -> Path:
    wav.write(mixed.samples, audio_mastering.SAMPLE_RATE, folder / "mixed.wav")
    return samples.make(folder / "mixed.m4a", "-i", str(folder / "mixed.wav"), "-b:a", "192k")


@pytest.mark.parametrize("gain", [1.0, 1e-5, 30.0], ids=["as it is", "a whisper", "clipped"])
def test_speech_is_as_loud_as_the_platforms_play(speech: Samples, gain: float, tmp_path: Path) -> None:
    mixed = audio_mastering.mix(np.clip(gain * speech, -1, 1), RECORDED, seconds=SECONDS)
    integrated, peak = loudness(_encoded(mixed, tmp_path))
    assert integrated == pytest.approx(-14, abs=0.3)
    assert mixed.loudness == pytest.approx(integrated, abs=0.2)
    assert peak <= -1


@pytest.mark.parametrize("seconds", [20.0, 1.3], ids=["longer", "repeated"])
def test_with_music_it_is_as_loud(speech: Samples, seconds: float, tmp_path: Path) -> None:
    mixed = audio_mastering.mix(speech, RECORDED, seconds=SECONDS, music=_music(tmp_path, seconds))
    integrated, peak = loudness(_encoded(mixed, tmp_path))
    assert integrated == pytest.approx(-14, abs=0.3)
    assert peak <= -1


def test_speech_of_a_moment_is_as_loud(speech: Samples, tmp_path: Path) -> None:
    integrated, peak = loudness(_encoded(audio_mastering.mix(speech[16_000:19_200], RECORDED, seconds=2), tmp_path))
    assert integrated == pytest.approx(-14, abs=0.3)
    assert peak <= -1


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 44_100, 48_000])
def test_the_sound_has_the_length_of_the_reel_and_starts_with_the_narration(rate: int) -> None:
    narration = np.zeros(2 * rate, np.float32)
    narration[rate : rate + rate // 2] = 0.5 * np.sin(np.arange(rate // 2) * 2 * np.pi * 440 / rate)
    mixed = audio_mastering.mix(narration, rate, seconds=3).samples
    assert mixed.shape == (3 * audio_mastering.SAMPLE_RATE, 2)
    heard = np.flatnonzero(np.abs(mixed[:, 0]) > 0.05) / audio_mastering.SAMPLE_RATE
    assert heard[0] == pytest.approx(1, abs=0.005)
    assert heard[-1] == pytest.approx(1.5, abs=0.005)


def test_silence_stays_silent() -> None:
    mixed = audio_mastering.mix(np.zeros(24_000, np.float32), 24_000, seconds=1)
    assert not mixed.samples.any()
    assert mixed.loudness == -np.inf


def test_a_lone_click_is_neither_lost_nor_torn() -> None:
    click = np.zeros(48_000, np.float32)
    click[24_000] = 0.1
    mixed = audio_mastering.mix(click, 48_000, seconds=1).samples
    assert np.isfinite(mixed).all()
    assert 0.1 < np.abs(mixed).max() <= 0.8


def test_music_gives_way_to_the_voice_and_fades_out(tmp_path: Path) -> None:
    voice = np.zeros(8 * 24_000, np.float32)
    voice[: 2 * 24_000] = 0.5 * np.sin(np.arange(2 * 24_000) * 2 * np.pi * 3000 / 24_000)
    mixed = audio_mastering.mix(voice, 24_000, seconds=8, music=_music(tmp_path)).samples
    spectrum = [
        np.abs(np.fft.rfft(mixed[int(at * audio_mastering.SAMPLE_RATE) :][: audio_mastering.SAMPLE_RATE // 2, 0]))[
            90:140
        ].max()
        for at in (1, 4)
    ]
    assert 20 * np.log10(spectrum[1] / spectrum[0]) == pytest.approx(8, abs=2)
    assert (
        _level(mixed[int(7.9 * audio_mastering.SAMPLE_RATE) :])
        < _level(mixed[4 * audio_mastering.SAMPLE_RATE : 5 * audio_mastering.SAMPLE_RATE]) - 20
    )


def test_music_alone_is_heard_under_a_silent_narration(tmp_path: Path) -> None:
    mixed = audio_mastering.mix(np.zeros(24_000, np.float32), 24_000, seconds=3, music=_music(tmp_path))
    assert loudness(_encoded(mixed, tmp_path))[0] == pytest.approx(-14, abs=0.3)


def test_music_in_antiphase_is_heard_on_a_phone(tmp_path: Path) -> None:
    """Its sides cancel out where they are played as one."""
    music = odd.antiphase(tmp_path / "music.wav")
    mixed = audio_mastering.mix(np.zeros(24_000, np.float32), 24_000, seconds=3, music=music)
    assert mixed.loudness == pytest.approx(-14, abs=0.3)
    assert _level(mixed.samples.mean(axis=1)) == pytest.approx(_level(mixed.samples), abs=0.1)


def test_music_in_stereo_keeps_its_sides(tmp_path: Path) -> None:
    mixed = audio_mastering.mix(np.zeros(24_000, np.float32), 24_000, seconds=3, music=_music(tmp_path))
    assert np.corrcoef(mixed.samples.T)[0, 1] < 0.5


def test_music_that_breaks_off_is_repeated_as_far_as_it_goes(speech: Samples, tmp_path: Path) -> None:
    music = samples.cut(_music(tmp_path, 4), tmp_path / "cut.mp3", 0.5)
    mixed = audio_mastering.mix(np.zeros_like(speech), RECORDED, seconds=SECONDS, music=music).samples
    assert _level(mixed[int(2.2 * audio_mastering.SAMPLE_RATE) : int(3.5 * audio_mastering.SAMPLE_RATE)]) > -30


def test_what_is_too_quiet_for_its_peaks_says_so(tmp_path: Path) -> None:
    clicks = np.zeros(4 * 48_000, np.float32)
    clicks[::12_000] = 1
    mixed = audio_mastering.mix(clicks, 48_000, seconds=4)
    assert mixed.loudness < -14.5
    wav.write(mixed.samples, audio_mastering.SAMPLE_RATE, tmp_path / "clicks.wav")
    assert mixed.loudness == pytest.approx(loudness(tmp_path / "clicks.wav")[0], abs=0.2)


def test_music_is_known_before_it_is_mixed(tmp_path: Path) -> None:
    assert audio_mastering.inspect(_music(tmp_path, 1)).seconds == pytest.approx(1, abs=0.1)


def test_a_picture_is_no_music(speech: Samples, tmp_path: Path) -> None:
    silent = samples.video(tmp_path / "a.mp4", sound=False, seconds=1)
    with pytest.raises(MediaUnusable) as foreseen:
        audio_mastering.inspect(silent)
    assert foreseen.value.code == "music_unusable"
    with pytest.raises(MediaUnusable) as refused:
        audio_mastering.mix(speech, RECORDED, seconds=SECONDS, music=silent)
    assert refused.value.code == "music_unusable"


def test_text_is_no_music(speech: Samples, tmp_path: Path) -> None:
    (tmp_path / "music").write_text("la la la")
    with pytest.raises(NotMedia):
        audio_mastering.mix(speech, RECORDED, seconds=SECONDS, music=tmp_path / "music")
