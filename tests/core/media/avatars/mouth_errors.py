"""Measures from a finished avatar video when the mouth begins to open, and how far that is from the sound."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.avatars import lip_sync
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, pcm_chunks
from content_pipeline.core.media.avatars.drawing import MOUTH
from tests.core.speech.onset_errors import onsets

# The character whose skin and lips are the furthest from the black of the throat and the white of the teeth.
MEASURED_CHARACTER = "amina"

# The mouth moves with the head by about this many pixels.
_MARGIN = 24
_DARK, _BRIGHT = 48, 215


def errors(video: Path) -> list[float]:
    """For each onset of sound after a pause, by how many seconds the mouth opens later (negative: earlier)."""
    areas = opening_areas(video)
    opened = np.array(lip_sync.openings(areas[:, 0], areas[:, 1]))
    sound = np.concatenate(list(pcm_chunks(video)))
    return [float(opened[np.abs(opened - onset).argmin()] - onset) for onset in onsets(sound, SAMPLE_RATE)]


def opening_areas(video: Path) -> NDArray[np.float64]:
    """For each frame its time in seconds, and how many pixels of throat and teeth it shows."""
    rows = slice(MOUTH.top - _MARGIN, MOUTH.bottom + _MARGIN)
    columns = slice(MOUTH.left - _MARGIN, MOUTH.right + _MARGIN)
    found = []
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            luma = frame.to_ndarray(format="gray")[rows, columns]
            found.append((frame.time, np.count_nonzero((luma < _DARK) | (luma > _BRIGHT))))
    return np.array(found, float)
