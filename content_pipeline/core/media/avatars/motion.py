"""Motion of an avatar besides the mouth: head, brows, gaze, blinks and breathing, following stress and pauses.

All of it is computed ahead for every frame, and deterministic for the same phonemes and seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.media.timed_phonemes import Phoneme

Track = NDArray[np.floating[Any]]

_PAUSE_SECONDS = 0.22  # between phrases
_BLINK_SECONDS = 0.23
_BREATH_SECONDS = 3.6
# A nod or a raised brow at about every second stress: all of them look like a machine.
_NOD_SHARE, _BROW_SHARE = 0.55, 0.4


@dataclass(frozen=True, slots=True)
class Motion:
    """One value a frame. `roll` is in degrees, clockwise; `x` and `y` shift the head, in pixels; `yaw` (to the right)
    and `pitch` (down) turn it, from -1 to 1; `eyes` are 0 (closed) to 1, `across` and `down` the gaze and `brows` from
    -1 to 1; `breath` is 0 to 1; `smile` is 0 to 1.
    """

    roll: Track
    x: Track
    y: Track
    yaw: Track
    pitch: Track
    eyes: Track
    across: Track
    down: Track
    brows: Track
    breath: Track
    smile: Track


def animate(phonemes: Sequence[Phoneme], seconds: float, frames_per_second: int, seed: int) -> Motion:
    """The motion of a recording of `seconds` in which the phonemes are spoken."""
    times = (np.arange(round(seconds * frames_per_second)) + 0.5) / frames_per_second
    rng = np.random.default_rng(seed)
    stresses = [(one.start + one.end) / 2 for one in phonemes if one.stressed]
    spans = _phrases(phonemes)
    phrases, pauses = [start for start, _ in spans], [end for _, end in spans]
    lean, turn = _postures(times, phrases, rng), _postures(times, phrases, rng)
    nod = _gestures(times, stresses, _NOD_SHARE, 0.34, rng) - 0.5 * _gestures(times, pauses, 0.6, 0.7, rng)
    across, down = _gaze(times, pauses, rng)
    return Motion(
        roll=1.4 * lean + 0.6 * _drift(times, 0.21, rng) + 0.3 * _gestures(times, stresses, 0.3, 0.5, rng),
        x=6 * turn + 4 * _drift(times, 0.16, rng),
        y=9 * nod + 4 * _drift(times, 0.19, rng),
        yaw=0.5 * turn + 0.3 * _drift(times, 0.17, rng) + 0.25 * across,
        pitch=0.85 * nod + 0.25 * _drift(times, 0.23, rng),
        eyes=_blinks(times, pauses, rng),
        across=across,
        down=down,
        brows=0.9 * _gestures(times, [*stresses[::2], *phrases], _BROW_SHARE, 0.5, rng),
        breath=0.5 - 0.5 * np.cos(2 * np.pi * (times / _BREATH_SECONDS + rng.random())),
        smile=np.clip(0.7 + 0.25 * _postures(times, phrases, rng) + 0.3 * _bump(times, seconds, 1.6), 0, 1),
    )


def _phrases(phonemes: Sequence[Phoneme]) -> list[tuple[float, float]]:
    """Start and end of each stretch of speech between two pauses."""
    breaks = [(one.end, other.start) for one, other in pairwise(phonemes) if other.start - one.end > _PAUSE_SECONDS]
    edges = [edge for span in breaks for edge in span]
    edges = [*(one.start for one in phonemes[:1]), *edges, *(one.end for one in phonemes[-1:])]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _bump(times: Track, center: float, width: float) -> Track:
    """A raised cosine: 1 at the center, 0 from half the width on."""
    distance: Track = np.clip(np.abs(times - center) / (width / 2), 0, 1)
    track: Track = 0.5 + 0.5 * np.cos(np.pi * distance)
    return track


def _gestures(times: Track, moments: Sequence[float], share: float, width: float, rng: np.random.Generator) -> Track:
    """Bumps of random height at a random share of the moments, at most one at a time."""
    track = np.zeros_like(times)
    last = -width
    for moment in sorted(moments):
        if moment - last >= 1.4 * width and rng.random() < share:
            track += rng.uniform(0.5, 1) * _bump(times, moment, width * rng.uniform(0.9, 1.3))
            last = moment
    return track


def _postures(times: Track, moments: Sequence[float], rng: np.random.Generator) -> Track:
    """A value from -1 to 1 that changes at each of the moments, eased over two thirds of a second."""
    track, value = np.zeros_like(times), 0.0
    for moment in moments:
        target = float(rng.uniform(0.2, 1) * rng.choice([-1, 1]))
        progress = np.clip((times - moment + 0.25) / 0.7, 0, 1)
        track += (target - value) * progress * progress * (3 - 2 * progress)
        value = target
    return track


def _drift(times: Track, frequency: float, rng: np.random.Generator) -> Track:
    """Slow noise from -1 to 1: three sines that do not repeat together."""
    track = np.zeros_like(times)
    for factor, weight in ((1, 0.55), (1.62, 0.3), (2.71, 0.15)):
        track += weight * np.sin(2 * np.pi * (frequency * factor * times + rng.random()))
    return track


def _blinks(times: Track, pauses: Sequence[float], rng: np.random.Generator) -> Track:
    """Every two to five seconds, rather in a pause than within a phrase; closing takes half as long as opening."""
    opening = np.ones_like(times)
    moment = rng.uniform(0.8, 2.2)
    while moment < times[-1]:
        moment = min(
            (pause for pause in pauses if abs(pause - moment) < 0.8),
            key=lambda pause: abs(pause - moment),
            default=moment,
        )
        progress = (times - moment) / _BLINK_SECONDS
        closing = np.clip(np.where(progress < 0.36, progress / 0.3, (1 - progress) / 0.56), 0, 1)
        opening -= closing * closing * (3 - 2 * closing)
        moment += _BLINK_SECONDS + rng.uniform(1.8, 4.6)
    return np.clip(opening, 0, 1)


def _gaze(times: Track, pauses: Sequence[float], rng: np.random.Generator) -> tuple[Track, Track]:
    """Into the camera, with a glance aside in some pauses and small saccades in between."""
    across, down = np.zeros_like(times), np.zeros_like(times)
    moment = 0.0
    while moment < times[-1]:
        across[times >= moment], down[times >= moment] = rng.uniform(-0.14, 0.14), rng.uniform(-0.1, 0.1)
        moment += rng.uniform(0.5, 1.6)
    for pause in pauses[:-1]:
        if rng.random() < 0.45:
            aside = (times >= pause - 0.1) & (times < pause + rng.uniform(0.45, 0.8))
            across[aside], down[aside] = rng.choice([-1, 1]) * rng.uniform(0.4, 0.75), rng.uniform(-0.5, 0.3)
    return across, down
