"""The pitch of the tone that is heard in a file."""

from pathlib import Path

import numpy as np

from content_pipeline.core.media import audio_decoding


def pitch(path: Path, language: str | None = None) -> float:
    """The strongest frequency of the track in `language`, in Hz."""
    heard = np.concatenate(list(audio_decoding.pcm_chunks(path, language=language)))
    return float(np.abs(np.fft.rfft(heard)).argmax() * audio_decoding.SAMPLE_RATE / len(heard))
