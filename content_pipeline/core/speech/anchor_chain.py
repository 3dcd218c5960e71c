"""Anchor chaining, as in sequence alignment: the best chain of equal runs of letters in the order of two texts.

A text may repeat itself, as a mantra or a chorus does: a run is then equal in many places, and the longest is no better
than others. So all are candidates, and the chain with the most letters is taken, less a cost for what it skips.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Letters in a row that are rarely equal by chance.
ANCHOR_LETTERS: Final = 8
# All places that are equal are candidates in a text of a few thousand letters, the nearest 22 in one of an hour.
_MAX_CANDIDATES: Final = 1_000_000
# For each letter that is skipped in one text only, in equal letters. Without a cost, repetitions are skipped in one
# text and made up for in the other.
_SKIP_COST: Final = 0.1
# The time grows with the product of both: a second for an hour of 29,000 runs. An hour of two letters has 400,000, and
# takes 16 s with all.
_MAX_RUNS: Final = 30_000
_MAX_PREDECESSORS: Final = 1000

_Integers = NDArray[np.int64]


class Block(NamedTuple):
    """Equal letters: where they begin in the transcript and in the script, and how many they are."""

    heard: int
    expected: int
    length: int


def anchors(heard: Sequence[str], expected: Sequence[str]) -> list[Block]:
    """Blocks of equal letters in the order of both texts, which overlap in neither."""
    if min(len(heard), len(expected)) < ANCHOR_LETTERS:
        return []
    runs = _runs(*_equal_ngrams(heard, expected))
    if not len(runs):
        return []
    scores, previous, overlaps = _chains(runs)
    # The end of both texts is chained as the runs are.
    skipped = np.abs(runs[:, 1] - runs[:, 0] - (len(expected) - len(heard)))
    run = int(np.argmax(scores - _SKIP_COST * skipped))
    chain: list[Block] = []
    while run >= 0:
        (at_heard, at_expected, length), overlap = runs[run].tolist(), int(overlaps[run])
        chain.append(Block(at_heard + overlap, at_expected + overlap, length - overlap))
        run = int(previous[run])
    return chain[::-1]


def _equal_ngrams(heard: Sequence[str], expected: Sequence[str]) -> tuple[_Integers, _Integers]:
    """Where n-grams of the two texts are equal: of each in heard, those nearest to the same share of expected."""
    ngrams = _ngrams(heard), _ngrams(expected)
    count, width = map(len, ngrams)
    numbers = np.unique(np.concatenate(ngrams), return_inverse=True)[1].astype(np.int64)
    # Sorted, equal n-grams are neighbors, in the order of their places.
    keys = np.sort(numbers[count:] * width + np.arange(width))
    same_share = np.arange(count) * width // count
    middle = np.searchsorted(keys, numbers[:count] * width + same_share)
    reach = min(int(np.bincount(numbers[count:]).max()), max(1, _MAX_CANDIDATES // (2 * count)))
    near = keys[np.clip(middle[:, None] + np.arange(-reach, reach), 0, width - 1)]
    at_heard, candidate = np.nonzero(near // width == numbers[:count, None])
    return at_heard, near[at_heard, candidate] % width


def _ngrams(letters: Sequence[str]) -> NDArray[np.str_]:
    text = "".join(letters)
    return np.array([text[start : start + ANCHOR_LETTERS] for start in range(len(text) - ANCHOR_LETTERS + 1)])


def _runs(at_heard: _Integers, at_expected: _Integers) -> _Integers:
    """The longest runs of equal letters, each a row with the fields of Block, in the order of their ends in heard."""
    stride = at_heard.max(initial=0) + 2
    # Equal n-grams that follow each other in both texts have numbers that do.
    numbers = np.unique((at_expected - at_heard) * stride + at_heard)
    first = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] - 2) != 1)
    diagonals, begun = np.divmod(numbers[first], stride)
    lengths = np.diff(first, append=len(numbers)) + ANCHOR_LETTERS - 1
    longest = np.argsort(-lengths, kind="stable")[:_MAX_RUNS]
    runs = np.column_stack([begun, begun + diagonals, lengths])[longest]
    return runs[np.lexsort((runs[:, 1], runs[:, 0] + runs[:, 2]))]


def _chains(runs: _Integers) -> tuple[NDArray[np.float64], _Integers, _Integers]:
    """Of the best chain that ends with each run: its score, the run before or -1, and how many letters of the run that
    one has already."""
    starts, lengths = runs[:, :2], runs[:, 2]
    ends = starts + lengths[:, None]
    diagonals = starts[:, 1] - starts[:, 0]
    scores = lengths - _SKIP_COST * np.abs(diagonals)
    previous, overlaps = np.full(len(runs), -1), np.zeros(len(runs), np.int64)
    for run in range(1, len(runs)):
        window = slice(max(0, run - _MAX_PREDECESSORS), run)
        overlap = np.maximum(0, (ends[window] - starts[run]).max(axis=1))
        chained = scores[window] + lengths[run] - overlap - _SKIP_COST * np.abs(diagonals[window] - diagonals[run])
        chained[overlap >= lengths[run]] = -np.inf
        best = int(chained.argmax())
        if chained[best] > scores[run]:
            scores[run], previous[run], overlaps[run] = chained[best], window.start + best, overlap[best]
    return scores, previous, overlaps
