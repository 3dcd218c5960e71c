"""Measures lip-sync error in a finished avatar video: mouth openings against sound onsets."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, pcm_chunks
from content_pipeline.core.media.avatars import visemes
from content_pipeline.core.media.onset_detection import onsets
from content_pipeline.core.media.reels.safe_zone import FRAMES_PER_SECOND
from content_pipeline.core.media.timed_phonemes import Phoneme

# Seconds in the median and in 95 %: what viewers do not see (bench/avatars.py measures it over many scripts).
TYPICAL: Final = 0.04
NEARLY_ALL: Final = 0.08
# The mouth is open when more than this share of its largest opening is seen.
_OPEN_SHARE: Final = 0.1
_PAUSE_SECONDS: Final = 0.08


@dataclass(frozen=True, slots=True)
class LipSync:
    """Distances, in seconds, of the onsets of sound after pauses from the nearest opening of the mouth."""

    onsets: int
    median: float
    percentile_95: float

    @property
    def is_close(self) -> bool:
        return self.median <= TYPICAL and self.percentile_95 <= NEARLY_ALL


def measure(video: Path, phonemes: Sequence[Phoneme], seconds: float) -> LipSync:
    """Compare the mouth that the phonemes move, in a video of `seconds`, with the sound of the file.

    Raises as `pcm_chunks` does.
    """
    opened = [mouth.open for mouth in visemes.animate(phonemes, seconds, FRAMES_PER_SECOND)]
    times = np.array(openings(np.arange(len(opened)) / FRAMES_PER_SECOND, np.array(opened)))
    heard = onsets(np.concatenate(list(pcm_chunks(video))), SAMPLE_RATE)
    distances = [float(np.abs(times - onset).min(initial=seconds)) for onset in heard] or [0.0]
    median, percentile_95 = np.quantile(distances, (0.5, 0.95)).round(3).tolist()
    return LipSync(len(heard), median, percentile_95)


def openings(times: NDArray[np.float64], sizes: NDArray[np.float64]) -> list[float]:
    """The times at which a mouth opens after it was closed for a little, from its size at each time."""
    is_open = sizes > np.quantile(sizes, 0.05) + _OPEN_SHARE * np.ptp(sizes)
    closed_since = times[0] - _PAUSE_SECONDS
    found = []
    for time, opened in zip(times.tolist(), is_open.tolist(), strict=True):
        if opened:
            if closed_since is not None and time - closed_since >= _PAUSE_SECONDS:
                found.append(time)
            closed_since = None
        elif closed_since is None:
            closed_since = time
    return found
