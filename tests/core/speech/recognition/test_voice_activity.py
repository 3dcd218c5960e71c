"""Voice activity detection: faint speech is found, and nothing else."""

from pathlib import Path

import numpy as np
import pytest

from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, pcm_chunks
from content_pipeline.core.speech.recognition.voice_activity import speech_only
from tests.media import samples

BAD_LINE = (
    "highpass=f=500,highpass=f=500,highpass=f=500,lowpass=f=2500,lowpass=f=2500,volume=0.05",
    ("-ar", "8000", "-c:a", "pcm_mulaw"),
)


@pytest.mark.slow
@pytest.mark.parametrize("clip", samples.CLIPS, ids=lambda clip: clip.stem)
def test_a_voice_on_a_bad_telephone_line_is_heard(tmp_path: Path, clip: Path) -> None:
    """Two of the five were not, at the detector's own threshold."""
    filters, coding = BAD_LINE
    (voice,) = pcm_chunks(samples.make(tmp_path / "call.wav", "-i", str(clip), "-af", filters, *coding))
    noise = np.random.default_rng(1).normal(scale=0.05 * np.abs(voice).max(), size=len(voice))
    call = np.concatenate([np.zeros(8 * SAMPLE_RATE), voice + noise, np.zeros(8 * SAMPLE_RATE)]).astype(np.float32)
    assert len(speech_only(call)) > 0.3 * len(voice)


@pytest.mark.slow
def test_a_faint_sentence_between_two_clear_ones_is_kept() -> None:
    """The detector misses it in noise, so that only longer silence is cut out."""
    first, faint, last = (np.concatenate([*pcm_chunks(clip)]) for clip in samples.CLIPS[1:4])
    pause = np.zeros(SAMPLE_RATE // 2, np.float32)
    talk = np.concatenate([first, pause, 0.001 * faint[: 3 * SAMPLE_RATE], pause, last])
    assert len(speech_only(talk)) > len(talk) - SAMPLE_RATE


@pytest.mark.slow
@pytest.mark.parametrize(
    "sound",
    [
        "anullsrc=r=16000:cl=mono:d={seconds}",
        "anoisesrc=seed=1:color=brown:amplitude=0.5:duration={seconds}",
        "anoisesrc=seed=1:color=white:amplitude=0.1:duration={seconds}",
        "aevalsrc='0.2*(1-mod(t,0.5))*(sin(2*PI*220*t)+sin(2*PI*261.6*t)+sin(2*PI*329.6*t))':d={seconds}",
    ],
    ids=["silence", "brown noise", "white noise", "music"],
)
def test_where_nobody_speaks_no_voice_is_heard(tmp_path: Path, sound: str) -> None:
    (heard,) = pcm_chunks(samples.audio(tmp_path / "a.wav", sound, seconds=30))
    assert len(speech_only(heard)) == 0
