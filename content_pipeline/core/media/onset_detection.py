"""Speech onset detection: finds where sound begins after a pause, and moves words that are timed too early to it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from content_pipeline.core.media.audio_decoding import Samples
from content_pipeline.core.media.timed_words import MIN_WORD_SECONDS, Span

_FRAME_SECONDS = 0.01
_PAUSE_SECONDS = 0.15
# Sound is above three times the background, which the 10th percentile of energy is taken for, and above -30 dB of the
# 98th percentile. Without pauses the former may be speech, so it counts up to -18 dB.
_ABOVE_BACKGROUND = 3.0
_MIN_THRESHOLD, _MAX_THRESHOLD = 0.03, 0.12
# A word further from the onset is a different one: Whisper's error reached 0.23 s, apart from words that it begins
# within the pause.
_MAX_SHIFT_SECONDS = 0.25
# Whisper reports word starts up to this much too early: the word before a pause ends in what it gives to the next one.
_EARLY_SECONDS = 0.1


class Pause(NamedTuple):
    """A silence between two sounds, in seconds; before the first sound it starts at 0."""

    start: float
    end: float


def snap_to_onsets(spans: Sequence[Span | None], samples: Samples, rate: int) -> list[Span | None]:
    """The spans, with the first word after each pause moved to where the sound begins.

    Over all words of six texts the median error fell from 39 to 31 ms with Whisper, and from 20 to 18 ms with
    pocketsphinx and another voice (95th percentile: from 63 to 40). Of words that Whisper begins within a pause, up to
    a second early, it fell to 5 ms.
    """
    snapped = list(spans)
    for pause in pauses(samples, rate):
        if (index := _first_word_after(pause, snapped)) is not None and (span := snapped[index]):
            snapped[index] = pause.end, max(span[1], pause.end + MIN_WORD_SECONDS)
    return snapped


def _first_word_after(pause: Pause, spans: Sequence[Span | None]) -> int | None:
    """The word that begins with the sound after a pause: the one that spans the onset, else the nearest."""
    near: list[tuple[float, int]] = []
    for index, span in enumerate(spans):
        if span is None or span[1] < pause.start or span[0] > pause.end + _MAX_SHIFT_SECONDS:
            continue
        start, end = span
        sound_before, sound_after = max(0.0, pause.start - start), end - pause.end
        if start < pause.end and sound_after > max(0.0, sound_before - _EARLY_SECONDS):
            return index
        if start > pause.start - _EARLY_SECONDS and start >= pause.end - _MAX_SHIFT_SECONDS:
            near.append((abs(start - pause.end), index))
    return min(near)[1] if near else None


def onsets(samples: Samples, rate: int) -> list[float]:
    """The seconds at which sound begins: the first, and each after a pause."""
    return [pause.end for pause in pauses(samples, rate)]


def pauses(samples: Samples, rate: int) -> list[Pause]:
    """The silence before the first sound, and each between two sounds that lasts at least 0.15 s."""
    step = int(_FRAME_SECONDS * rate)
    frames = samples[: len(samples) // step * step].reshape(-1, step)
    energy = np.sqrt(np.square(frames).mean(axis=1))
    if not len(energy):
        return []
    background, peak = np.quantile(energy, (0.1, 0.98))
    loud = np.flatnonzero(
        energy > np.clip(_ABOVE_BACKGROUND * background, _MIN_THRESHOLD * peak, _MAX_THRESHOLD * peak)
    )
    silent_frames = np.diff(loud, prepend=-np.inf) - 1
    ends = np.flatnonzero(silent_frames >= _PAUSE_SECONDS / _FRAME_SECONDS)
    starts = [0.0, *(float(loud[end - 1] + 1) for end in ends[1:])]
    return [
        Pause(start * _FRAME_SECONDS, float(loud[end]) * _FRAME_SECONDS)
        for start, end in zip(starts, ends, strict=False)
    ]
