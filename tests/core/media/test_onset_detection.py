"""Onsets of sound after pauses, and the words that are moved to them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.audio_decoding import Samples
from content_pipeline.core.media.onset_detection import onsets, pauses, snap_to_onsets

RATE = 16_000


def sound(*spans: tuple[float, float], seconds: float = 6.0, background: float = 0.0) -> Samples:
    """Noise within the spans, on a background of fainter noise."""
    noise = np.random.default_rng(1).normal(size=int(seconds * RATE))
    envelope = np.full(len(noise), background)
    for start, end in spans:
        envelope[int(start * RATE) : int(end * RATE)] = 0.3
    return np.asarray(noise * envelope, np.float32)


@pytest.mark.parametrize("background", [0.0, 0.001, 0.02], ids=["silence", "hiss", "a loud fan"])
def test_sound_begins_at_the_first_and_after_each_pause(background: float) -> None:
    samples = sound((0.5, 1.5), (1.6, 2.0), (3.0, 5.0), background=background)
    assert onsets(samples, RATE) == pytest.approx([0.5, 3.0], abs=0.02)
    assert pauses(samples, RATE)[-1] == pytest.approx((2.0, 3.0), abs=0.02)


def test_in_silence_nothing_begins() -> None:
    assert onsets(np.zeros(RATE, np.float32), RATE) == []
    assert onsets(np.zeros(10, np.float32), RATE) == []
    assert snap_to_onsets([(0.1, 0.4)], np.zeros(RATE, np.float32), RATE) == [(0.1, 0.4)]


SPEECH = sound((0.5, 2.0), (3.0, 5.0))


@pytest.mark.parametrize(
    ("spans", "snapped"),
    [
        ([(1.2, 2.0), (2.1, 3.4)], [(1.2, 2.0), (3.0, 3.4)]),
        ([(1.2, 1.9), (1.95, 3.4)], [(1.2, 1.9), (3.0, 3.4)]),
        ([(1.2, 1.9), (2.9, 2.99), (3.02, 3.4)], [(1.2, 1.9), (2.9, 2.99), (3.0, 3.4)]),
        ([(1.2, 2.0), (3.2, 3.4)], [(1.2, 2.0), (3.0, 3.4)]),
        ([(1.2, 3.05), (3.1, 3.4)], [(1.2, 3.05), (3.0, 3.4)]),
        ([(1.2, 2.0), None, (3.5, 3.9)], [(1.2, 2.0), None, (3.5, 3.9)]),
    ],
    ids=[
        "begun in the pause",
        "begun with the end of the word before it",
        "one that is over before the sound",
        "late",
        "stretched over the pause",
        "far from it",
    ],
)
def test_the_first_word_after_a_pause_is_moved_to_the_sound(spans, snapped) -> None:
    found = snap_to_onsets([(0.5, 0.9), *spans], SPEECH, RATE)[1:]
    assert [span and tuple(round(edge, 2) for edge in span) for span in found] == snapped


@pytest.mark.slow
@given(st.lists(st.floats(0.02, 1.5), min_size=1, max_size=12))
def test_words_stay_in_order_and_only_those_beside_an_onset_move(lengths: list[float]) -> None:
    edges = np.cumsum([0.0, *lengths]).tolist()
    spans = list(pairwise(edges))
    snapped = [span for span in snap_to_onsets(spans, SPEECH, RATE) if span]
    starts = [start for start, _ in snapped]
    assert starts == sorted(starts)
    assert all(start < end for start, end in snapped)
    moved = [new for old, new in zip(spans, snapped, strict=True) if old != new]
    assert all(any(abs(start - onset) < 1e-9 for onset in onsets(SPEECH, RATE)) for start, _ in moved)
