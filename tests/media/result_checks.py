"""What of a burn-in's pictures and sound would be wrong in a result of the right size and rate."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Final

import av
import numpy as np

from tests.core.media.heard_pitch import pitch
from tests.media import odd


@dataclass(frozen=True)
class Check:
    """A measure of a file, which is from `least` to `most` where the result is right; `what` says so in the table."""

    what: str
    measure: Callable[[Path], float]
    least: float = -inf
    most: float = inf


def lumas(path: Path) -> list[np.ndarray]:
    """All frames of a video in gray."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").astype(float) for frame in container.decode(video=0)]


def combing(path: Path) -> float:
    """How much more neighboring lines differ than lines of one field, in the frames of a video."""
    middles = [luma[100:460] for luma in lumas(path)][2:-2]
    assert middles
    one = np.mean([np.abs(np.diff(luma, axis=0)).mean() for luma in middles])
    two = np.mean([np.abs(luma[2:] - luma[:-2]).mean() for luma in middles])
    return float(one - two)


def mono(path: Path) -> np.ndarray:
    """The mean of all channels, as a phone plays it."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("flt", "mono")
        frames = (part for frame in container.decode(audio=0) for part in resampler.resample(frame))
        return np.concatenate([part.to_ndarray()[0] for part in frames])


def _distance_from_red(path: Path) -> float:
    """Of the color of most pixels, captions aside, to the one that the files of `odd` have in SDR; 0 to 255."""
    with av.open(str(path)) as container:
        pixels = next(container.decode(video=0)).to_ndarray(format="rgb24")
    return float(np.abs(np.median(pixels.reshape(-1, 3), axis=0) - odd.RED).max())


RED: Final = Check("the red of SDR", _distance_from_red, most=6)
NO_COMBS: Final = Check("no combs", combing, most=0.5)
HEARD: Final = Check("heard in mono", lambda path: float(np.sqrt(np.square(mono(path)).mean())), least=0.1)
GERMAN: Final = Check("the German track is heard", pitch, least=290, most=310)
