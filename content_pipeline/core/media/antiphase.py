"""Stereo whose sides are in antiphase: their mean, which phones and many speakers play, would be silence."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Of the energy of both sides, what their mean has at least where they are not in antiphase.
_MIN_SHARE: Final = 0.05

Samples = NDArray[np.float32]


def is_antiphase(stereo: Samples) -> bool:
    """Whether the sides of stereo samples (one row a sample) cancel out."""
    if not len(stereo):
        return False
    return bool(np.square(stereo.mean(axis=1)).mean() < _MIN_SHARE * np.square(stereo).mean())


def to_mono(stereo: Samples) -> Samples:
    """The mean of both sides, or the left one where they cancel out."""
    return stereo[:, 0].copy() if is_antiphase(stereo) else stereo.mean(axis=1)


def to_stereo(stereo: Samples) -> Samples:
    """Both sides, or the left one twice where they cancel out."""
    return stereo[:, [0, 0]] if is_antiphase(stereo) else stereo
