"""Visemes: mouth shapes over time from phonemes, blended by dominance functions.

Co-articulation after Cohen and Massaro (1993): each phoneme has a target shape and a dominance that decays with the
distance in time; the mouth is the average of all targets, weighted by their dominance. Lips therefore round ahead of a
"w", and hardly move for an "h". For an "m", "b" or "p" they touch, whatever is around it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.media.avatars.mouths import Mouth
from content_pipeline.core.media.timed_phonemes import Phoneme

Track = NDArray[np.floating[Any]]

# Lips move ahead of the sound.
_LEAD_SECONDS = 0.02
# The dominance of a phoneme falls to 37 % at this distance from its core, the middle half of it.
_DECAY_SECONDS = 0.03
_REACH_SECONDS = 0.3
# The mouth rests in gaps that are longer; it begins and ends to move this long before they end and after they begin.
_GAP_SECONDS = 0.09
_REST_MARGIN_SECONDS = 0.02
# Lips that touch come apart, and together, within this time.
_PARTING_SECONDS = 0.04


class Viseme(NamedTuple):
    """A target shape, and how firmly it holds against its neighbors."""

    mouth: Mouth
    dominance: float = 1.0


_REST = Viseme(Mouth(), 4.0)
_OTHER = Viseme(Mouth(open=0.3))

_LIPS_TOUCH: Final = "mbp"
_GROUPS: Mapping[str, Viseme] = {
    "ɑaɒ": Viseme(Mouth(open=0.95, spread=0.05), 1.4),
    "æ": Viseme(Mouth(open=0.82, spread=0.5), 1.4),
    "ʌɐ": Viseme(Mouth(open=0.66, spread=0.1), 1.2),
    "əᵊ": Viseme(Mouth(open=0.42, spread=0.1), 0.7),
    "ɛe": Viseme(Mouth(open=0.6, spread=0.55), 1.2),
    "ɪᵻɨ": Viseme(Mouth(open=0.4, spread=0.65), 1.0),
    "i": Viseme(Mouth(open=0.32, spread=1.0), 1.2),
    "ɔ": Viseme(Mouth(open=0.74, spread=-0.3, pucker=0.42), 1.4),
    "ooøœɤ": Viseme(Mouth(open=0.5, spread=-0.4, pucker=0.7), 1.4),
    "ʊɯ": Viseme(Mouth(open=0.34, spread=-0.5, pucker=0.66), 1.2),
    "uy": Viseme(Mouth(open=0.26, spread=-0.6, pucker=0.95), 1.4),
    "ɜɚ": Viseme(Mouth(open=0.42, spread=-0.2, pucker=0.32), 1.0),
    _LIPS_TOUCH: Viseme(Mouth(press=0.75), 7.0),
    "fvɸβʋ": Viseme(Mouth(open=0.1, spread=0.15, tuck=1.0), 5.0),
    "θð": Viseme(Mouth(open=0.38, spread=0.2, tongue=0.9), 1.8),
    "tdnTɾʈɖɳɲɽʦʣ": Viseme(Mouth(open=0.24, spread=0.3, tongue=0.55), 1.0),
    "lʎ": Viseme(Mouth(open=0.36, spread=0.2, tongue=0.95), 1.0),
    "sz": Viseme(Mouth(open=0.2, spread=0.55), 1.3),
    "ʃʒʧʤɕʂʝçʥʨS": Viseme(Mouth(open=0.3, spread=-0.3, pucker=0.6), 1.5),
    "kɡŋxɣcɟqgχɴʁɰꭧ": Viseme(Mouth(open=0.36, spread=0.15), 0.7),
    "hʔ": Viseme(Mouth(open=0.45), 0.35),
    "ɹrɻ": Viseme(Mouth(open=0.3, spread=-0.3, pucker=0.45), 1.2),
    "wɥ": Viseme(Mouth(open=0.16, spread=-0.6, pucker=1.0), 2.6),
    "j": Viseme(Mouth(open=0.36, spread=0.7), 1.3),
}
VISEMES: Final[Mapping[str, Viseme]] = {symbol: viseme for group, viseme in _GROUPS.items() for symbol in group}
# A diphthong glides from one vowel to the other, after this share of its time.
DIPHTHONGS: Final[Mapping[str, str]] = {"A": "ɛɪ", "I": "ɑɪ", "O": "ɔʊ", "Q": "əʊ", "W": "ɑʊ", "Y": "ɔɪ"}
_GLIDE = 0.55

_STRESSED, _UNSTRESSED = 1.08, 0.9


class _Target(NamedTuple):
    start: float
    end: float
    mouth: Mouth
    dominance: float
    margin: float


def animate(phonemes: Sequence[Phoneme], seconds: float, frames_per_second: float) -> list[Mouth]:
    """The mouth in the middle of each frame of a recording of `seconds`; closed where nobody speaks."""
    count = round(seconds * frames_per_second)
    times = (np.arange(count) + 0.5) / frames_per_second + _LEAD_SECONDS
    sums, weights = np.zeros((count, len(Mouth._fields))), np.full(count, 1e-9)
    for target in _targets(phonemes, seconds):
        first, last = np.searchsorted(times, [target.start - _REACH_SECONDS, target.end + _REACH_SECONDS])
        core = abs(times[first:last] - (target.start + target.end) / 2) - (
            (target.end - target.start) / 2 - target.margin
        )
        dominance = target.dominance * np.exp(-np.maximum(core, 0) / _DECAY_SECONDS)
        sums[first:last] += dominance[:, None] * np.array(target.mouth)
        weights[first:last] += dominance
    mouths = sums / weights[:, None]
    mouths[:, Mouth._fields.index("open")] *= _parted(phonemes, times, 1 / frames_per_second)
    return [Mouth(*row) for row in mouths.tolist()]


def _parted(phonemes: Iterable[Phoneme], times: Track, frame_seconds: float) -> Track:
    """How far the lips may be apart, from 0 to 1: they touch in each m, b and p, for a frame at least.

    The average alone leaves them ajar where these are short: in 14 of 18 of a Spanish script.
    """
    parted = np.ones_like(times)
    for phoneme in phonemes:
        if phoneme.symbol in _LIPS_TOUCH:
            touching = max(phoneme.end - phoneme.start, frame_seconds) / 2
            distance = np.abs(times - (phoneme.start + phoneme.end) / 2) - touching
            parted = np.minimum(parted, np.clip(distance / _PARTING_SECONDS, 0, 1))
    return parted


def _targets(phonemes: Sequence[Phoneme], seconds: float) -> Iterator[_Target]:
    for phoneme in phonemes:
        yield from _targets_of(phoneme)
    edges = [0.0, *(edge for phoneme in phonemes for edge in (phoneme.start, phoneme.end)), seconds]
    for silence, sound in zip(edges[::2], edges[1::2], strict=True):
        if sound - silence > _GAP_SECONDS:
            yield _Target(silence, sound, _REST.mouth, _REST.dominance, _REST_MARGIN_SECONDS)


def _targets_of(phoneme: Phoneme) -> Iterator[_Target]:
    parts = DIPHTHONGS.get(phoneme.symbol, phoneme.symbol)
    glide = phoneme.start + _GLIDE * (phoneme.end - phoneme.start)
    edges = [phoneme.start, *([glide] if len(parts) > 1 else []), phoneme.end]
    effort = _STRESSED if phoneme.stressed else _UNSTRESSED
    for symbol, (start, end) in zip(parts, pairwise(edges), strict=True):
        mouth, dominance = VISEMES.get(symbol, _OTHER)
        yield _Target(start, end, mouth._replace(open=mouth.open * effort), dominance, (end - start) / 4)
