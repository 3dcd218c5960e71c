"""Aligns a known script to a transcript letter by letter, and interpolates word timings."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.media.timed_words import Span, Word
from content_pipeline.core.speech.anchor_chain import Block, anchors
from content_pipeline.core.speech.text_normalization import Token

# Between anchors single letters are matched, in a time that grows with the square of their number.
_MAX_GAP_LETTERS: Final = 4000

_Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alignment:
    """The span of each token, None for those without a letter.

    `owners` are the tokens of the script's letters, `runs` the number of letters in a row that were heard around each
    one, 0 for a letter that was not heard.
    """

    spans: list[Span | None]
    owners: list[int]
    runs: list[int]


def align_to_transcript(tokens: Sequence[Token], recognized: Sequence[Word], seconds: float) -> Alignment:
    """Align tokens to the words recognized within the `seconds` of a recording.

    Letters that were heard have their time. Others share the time of what was heard in their place, or of the gap.
    """
    letters = [(letter, index) for index, token in enumerate(tokens) for letter in _letters(token.spoken)]
    timeline = _Timeline.of(recognized, seconds)
    times: list[Span] = []
    runs: list[int] = []
    heard = 0
    for block in _equal_letters(timeline.letters, [letter for letter, _ in letters]):
        unheard = block.expected - len(runs)
        times += timeline.spread(unheard, heard, block.heard)
        heard = block.heard + block.length
        times += timeline.spread(block.length, block.heard, heard)
        runs += [0] * unheard + [block.length] * block.length
    spans: list[Span | None] = [None] * len(tokens)
    for (_, owner), (start, end) in zip(letters, times, strict=True):
        begun, _ = spans[owner] or (start, end)
        spans[owner] = begun, end
    return Alignment(spans, [owner for _, owner in letters], runs)


@dataclass(frozen=True, slots=True)
class _Timeline:
    """The letters of a transcript. Letter i lasts from `starts[i]` to `ends[i + 1]`.

    The first of `ends` is where speech begins, the last of `starts` where it ends.
    """

    letters: list[str]
    starts: _Times
    ends: _Times

    @classmethod
    def of(cls, words: Sequence[Word], seconds: float) -> "_Timeline":
        timed = [letter for word in words for letter in _timed_letters(word)]
        begin, end = (words[0].start, words[-1].end) if words else (0.0, seconds)
        starts = np.array([*(span[0] for _, span in timed), end])
        ends = np.array([begin, *(span[1] for _, span in timed)])
        return cls([letter for letter, _ in timed], starts, ends)

    def spread(self, count: int, first: int, stop: int) -> list[Span]:
        """The times of `count` letters that share those of the letters from `first` to before `stop`, or the gap before
        `first` where that is none."""
        if first == stop:
            edges = np.linspace(self.ends[first], max(self.ends[first], self.starts[first]), count + 1)
            return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
        edges = np.linspace(first, stop, count + 1)
        begun = np.minimum(np.floor(edges[:-1]).astype(int), stop - 1)
        ended = np.maximum(np.ceil(edges[1:]).astype(int) - 1, first)
        times = self._inside(begun, edges[:-1]), self._inside(ended, edges[1:])
        return list(zip(*(each.tolist() for each in times), strict=True))

    def _inside(self, letters: NDArray[np.int_], positions: _Times) -> _Times:
        return self.starts[letters] + (positions - letters) * (self.ends[letters + 1] - self.starts[letters])


def _equal_letters(heard: Sequence[str], expected: Sequence[str]) -> Iterator[Block]:
    """The blocks of equal letters in order, and an empty one at the end of both."""
    at_heard, at_expected = 0, 0
    for block in (*anchors(heard, expected), Block(len(heard), len(expected), 0)):
        between = heard[at_heard : block.heard], expected[at_expected : block.expected]
        if max(map(len, between)) <= _MAX_GAP_LETTERS:
            for inner in SequenceMatcher(None, *between, autojunk=False).get_matching_blocks()[:-1]:
                yield Block(at_heard + inner.a, at_expected + inner.b, inner.size)
        yield block
        at_heard, at_expected = block.heard + block.length, block.expected + block.length


def _letters(text: str) -> list[str]:
    """The letters and digits, without case and accents."""
    return [letter for letter in unicodedata.normalize("NFKD", text).casefold() if letter.isalnum()]


def _timed_letters(word: Word) -> list[tuple[str, Span]]:
    """The letters of a word, each with an equal share of its duration."""
    letters = _letters(word.text)
    edges = np.linspace(word.start, word.end, len(letters) + 1).tolist()
    return [(letter, (edges[index], edges[index + 1])) for index, letter in enumerate(letters)]
