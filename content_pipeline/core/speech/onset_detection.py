"""Speech onset detection: snaps coarsely aligned words to where the sound starts after a pause."""

from collections.abc import Sequence

import numpy as np

from content_pipeline.core.speech.voice_types import Samples, Span

_FRAME_SECONDS = 0.01
_PAUSE_SECONDS = 0.15
# As a share of the 98th percentile of energy (-30 dB).
_THRESHOLD = 0.03
# A word further from the onset is a different one: Whisper's error reached 0.23 s.
_MAX_SHIFT_SECONDS = 0.25


def snap_to_onsets(spans: Sequence[Span | None], samples: Samples, rate: int) -> list[Span | None]:
    """The spans, with the start nearest to each onset after a pause moved to that onset.

    Over all words of six texts the median error fell from 39 to 31 ms with Whisper, and from 20 to 18 ms with
    pocketsphinx and another voice (95th percentile: from 63 to 40).
    """
    snapped = list(spans)
    known = [index for index, span in enumerate(spans) if span]
    for onset in onsets(samples, rate):
        nearest = min(known, key=lambda index: abs((spans[index] or (0.0, 0.0))[0] - onset), default=None)
        if nearest is not None and (span := spans[nearest]) and abs(span[0] - onset) <= _MAX_SHIFT_SECONDS:
            snapped[nearest] = onset, max(span[1], onset)
    return snapped


def onsets(samples: Samples, rate: int) -> list[float]:
    """The seconds at which sound begins: the first, and each after a pause."""
    step = int(_FRAME_SECONDS * rate)
    frames = samples[: len(samples) // step * step].reshape(-1, step)
    energy = np.sqrt(np.square(frames).mean(axis=1))
    loud = np.flatnonzero(energy > _THRESHOLD * np.quantile(energy, 0.98)) if len(energy) else np.zeros(0, np.intp)
    first_or_after_pause = np.diff(loud, prepend=-np.inf) > _PAUSE_SECONDS / _FRAME_SECONDS
    return [float(frame) * _FRAME_SECONDS for frame in loud[first_or_after_pause]]
