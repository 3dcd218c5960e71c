"""Measures speech onsets from the audio, and the distance of word starts from them."""

import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.media.timed_words import Word

_FRAME_SECONDS = 0.005
_PAUSE_SECONDS = 0.15
# This is a share of the 98th percentile of energy. Sound 30 dB below it is masked by the word that follows.
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
    """For each onset the distance in seconds to the nearest word start."""
    starts = np.array([word.start for word in words])
    return [float(np.abs(starts - onset).min()) for onset in onsets(samples, rate)]
