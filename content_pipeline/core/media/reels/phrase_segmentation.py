"""Phrase segmentation: splits timed words into the short phrases that a reel shows, by dynamic programming."""

import math
from collections.abc import Callable, Iterator, Sequence

from content_pipeline.core.media.line_breaking import PLAIN, SENTENCE, break_costs, group_unbreakable
from content_pipeline.core.media.timed_words import Segment, Word, join_words

MAX_LINES = 2
# A phrase is shown until the next one, unless the pause is longer than LONG_PAUSE_SECONDS; then it lingers.
LONG_PAUSE_SECONDS, LINGER_SECONDS = 1.5, 0.8

# Target length of a phrase, in lines: three or four English words on two lines.
_TARGET_LINES = 1.2
# Phrase costs besides its final break (see `break_cost`): weight of what the good breaks skipped inside it would have
# saved against a plain one.
_SKIPPED_BREAK_WEIGHT = 1.25
_LENGTH_WEIGHT = 6.0
# A phrase shown for less flickers.
_MIN_SECONDS, _TOO_SHORT_COST = 0.7, 12.0


def segment_phrases(
    words: Sequence[Word], *, language: str, seconds: float, line: float, width: Callable[[str], float]
) -> list[Segment]:
    """Split words, which are ordered within `seconds` and do not overlap, into phrases of at most MAX_LINES lines.

    Unbreakable groups become one word: a word with attached punctuation, a Japanese phrase. `width` measures text in
    the unit of `line`, the line width; a wider word is a phrase of its own. Phrases are ordered, never overlap and end
    within `seconds`; the first is shown from the start, so that it is on the cover.
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
    """(start, end) of each phrase: through a short pause after it; the last one to the end."""
    starts = [spoken[0].start for spoken in phrases]
    if starts and starts[0] <= LONG_PAUSE_SECONDS:
        starts[0] = 0.0
    for spoken, start, following in zip(phrases, starts, [*starts[1:], seconds], strict=False):
        end = spoken[-1].end
        stays = following - end <= LONG_PAUSE_SECONDS or spoken is phrases[-1]
        yield start, following if stays else end + LINGER_SECONDS


def _cuts(words: Sequence[Word], language: str, line: float, width: Callable[[str], float]) -> list[tuple[int, int]]:
    """The cheapest segmentation, as half-open ranges of words."""
    breaks = [*break_costs(words, language), SENTENCE]
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
    """Possible ends of a phrase that starts with word `start`, and the number of lines it then fills."""
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
