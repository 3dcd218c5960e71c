"""When sound sets in after a pause, measured from the sound alone, and how far from it captions begin."""

import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.media.timed_words import Word

_FRAME_SECONDS = 0.005
_PAUSE_SECONDS = 0.15
# Of the loud moments: 30 dB below them nothing is heard any more beside the word that follows.
_QUIET = 0.03


def onsets(samples: NDArray[np.float32], rate: int) -> list[float]:
    """The seconds at which sound begins after at least 0.15 s of silence."""
    step = int(_FRAME_SECONDS * rate)
    frames = samples[: len(samples) // step * step].reshape(-1, step)
    energy = np.sqrt(np.square(frames).mean(axis=1))
    loud = energy > _QUIET * np.quantile(energy, 0.98)
    found, silent = [], 0
    for index, sounding in enumerate(loud):
        if sounding and silent >= _PAUSE_SECONDS / _FRAME_SECONDS:
            found.append(index * _FRAME_SECONDS)
        silent = 0 if sounding else silent + 1
    return found


def errors(words: tuple[Word, ...], samples: NDArray[np.float32], rate: int) -> list[float]:
    """For each onset the distance in seconds to the nearest beginning of a word."""
    starts = np.array([word.start for word in words])
    return [float(np.abs(starts - onset).min()) for onset in onsets(samples, rate)]
