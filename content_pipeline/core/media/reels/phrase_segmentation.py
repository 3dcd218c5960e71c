"""Spoken words into the short phrases that a reel shows one after the other, as an editor of such videos cuts them."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from content_pipeline.core.media.line_breaking import PLAIN, SENTENCE, break_cost, group_unbreakable
from content_pipeline.core.media.timed_words import Segment, Word, join_words

MAX_LINES = 2
# Seconds. A phrase stays until the next one, unless the pause between them is long: then it lingers for a moment.
LONG_PAUSE_SECONDS, LINGER_SECONDS = 1.5, 0.8

# How full a phrase should be, in lines: three or four English words on two lines.
_TARGET_LINES = 1.2
# What a phrase costs, beside the break after it: the good breaks that it passes by count as much as they would have
# saved against a plain one (see `break_cost`), times this.
_SKIPPED_BREAK_WEIGHT = 1.25
_LENGTH_WEIGHT = 6.0
# Under this many seconds a phrase flickers.
_MIN_SECONDS, _TOO_SHORT_COST = 0.7, 12.0


def segment_phrases(
    words: Sequence[Word], *, language: str, seconds: float, line: float, width: Callable[[str], float]
) -> list[Segment]:
    """Cut words, which are in order within `seconds` and do not overlap, into phrases of at most MOST_LINES lines.

    What stays together on a line becomes one word: glued punctuation and what it is glued to, a phrase of Japanese.
    `width` measures text, in the unit that `line` has; a word that is wider than a line is a phrase of its own. Phrases
    are in order, never overlap and end within `seconds`; the first one shows from the start on, to be on the cover.
    """
    units = [
        Word(unit[0].start, unit[-1].end, join_words(unit), unit[0].spaced)
        for unit in group_unbreakable(words, language, limit=line, width=width)
    ]
    phrases = [units[start:stop] for start, stop in _cuts(units, language, line, width)]
    return [
        Segment(start, end, join_words(spoken), tuple(spoken))
        for (start, end), spoken in zip(_times(phrases, seconds), phrases, strict=True)
    ]


def _times(phrases: Sequence[Sequence[Word]], seconds: float) -> Iterator[tuple[float, float]]:
    """When each phrase shows: through the pause after it, as far as that is short; the last one to the end."""
    starts = [spoken[0].start for spoken in phrases]
    if starts and starts[0] <= LONG_PAUSE_SECONDS:
        starts[0] = 0.0
    for spoken, start, following in zip(phrases, starts, [*starts[1:], seconds], strict=False):
        end = spoken[-1].end
        stays = following - end <= LONG_PAUSE_SECONDS or spoken is phrases[-1]
        yield start, following if stays else end + LINGER_SECONDS


def _cuts(words: Sequence[Word], language: str, line: float, width: Callable[[str], float]) -> list[tuple[int, int]]:
    """The cheapest cuts, as half-open ranges of words."""
    breaks = [*(break_cost(before, after, language) for before, after in pairwise(words)), SENTENCE]
    starts = [*(word.start for word in words), math.inf]
    best, previous = [0.0] + [math.inf] * len(words), [0] * (len(words) + 1)
    for start in range(len(words)):
        skipped = 0.0
        for stop, fullness in _possible_ends(words, start, line, width):
            cost = (
                best[start]
                + breaks[stop - 1]
                + _SKIPPED_BREAK_WEIGHT * skipped
                + _LENGTH_WEIGHT * (fullness / _TARGET_LINES - 1) ** 2
                + _TOO_SHORT_COST * max(0.0, _MIN_SECONDS - (starts[stop] - starts[start]))
            )
            if cost < best[stop]:
                best[stop], previous[stop] = cost, start
            skipped += max(0.0, PLAIN - breaks[stop - 1])
    cuts, stop = [], len(words)
    while stop:
        cuts.append((previous[stop], stop))
        stop = previous[stop]
    return cuts[::-1]


def _possible_ends(
    words: Sequence[Word], start: int, line: float, width: Callable[[str], float]
) -> Iterator[tuple[int, float]]:
    """Where a phrase that begins with word `start` may stop, and how many lines are filled then."""
    lines, filled, until = 1, 0.0, words[start].start
    for index in range(start, len(words)):
        word = words[index]
        word_width = width(word.text)
        blank = width(" ") if filled and word.spaced else 0.0
        if filled and filled + blank + word_width > line:
            lines, filled, blank = lines + 1, 0.0, 0.0
        if lines > MAX_LINES or word.start - until > LONG_PAUSE_SECONDS or (word_width > line and index > start):
            return
        filled, until = filled + blank + word_width, word.end
        yield index + 1, lines - 1 + filled / line
        if word_width > line:
            return
