"""Words into cues that read well: the cheapest way to cut the whole recording, found by dynamic programming."""

import math
from collections.abc import Sequence
from itertools import pairwise

from content_pipeline.core.media.breaks import SENTENCE, break_cost, columns, units, wrap
from content_pipeline.core.media.words import LONGEST_WORD, Segment, Word, join, tidy

LINE_COLUMNS = 42
SHORTEST_CUE, LONGEST_CUE = 1.0, LONGEST_WORD
CHARACTERS_A_SECOND = 20.0
# A shorter gap between two cues flickers, so the first one stays until the second comes.
SHORTEST_GAP = 0.25

# What a cue costs: each one something (few full cues beat many short ones), and more for what makes it hard to read.
_EACH_CUE = 3.0
# More than a cue costs: two sentences share one only where each would be too short to read.
_SENTENCE_INSIDE = 4.0
_SECOND_OF_SILENCE_INSIDE = 3.0
_SECOND_TOO_SHORT = 6.0
_CHARACTER_TOO_FAST = 1.0


def segment(words: Sequence[Word], *, language: str, duration: float) -> list[Segment]:
    """Cut spoken words into cues.

    Words may touch, overlap, have no length or run past `duration` (seconds of the recording, above zero): their text
    and order are kept, their times mended. Cues are ordered, never overlap and end within the duration; each has at
    most two lines of 42 columns, lasts 1 to 7 s and asks for at most 20 characters a second, as far as the speech
    allows.
    """
    parts = units(tidy(words, 0.0, duration), language, limit=LINE_COLUMNS)
    cues = [parts[start:stop] for start, stop in _cuts(parts, language, duration)]
    begins = [*(cue[0][0].start for cue in cues), duration]
    return [_segment(cue, language, limit) for cue, limit in zip(cues, begins[1:], strict=True)]


def _segment(parts: Sequence[Sequence[Word]], language: str, limit: float) -> Segment:
    spoken = tuple(word for part in parts for word in part)
    start = spoken[0].start
    end = _end(start, spoken[-1].end, len(join(spoken)), limit)
    lines = wrap(parts, language, limit=LINE_COLUMNS)
    return Segment(start, end, "\n".join(join(line) for line in lines), spoken)


def _end(start: float, spoken_until: float, characters: int, limit: float) -> float:
    """When a cue ends: with its last word, or as much later as reading takes and the next cue (`limit`) allows."""
    wanted = max(spoken_until, start + max(SHORTEST_CUE, characters / CHARACTERS_A_SECOND))
    if limit - wanted < SHORTEST_GAP:
        wanted = limit
    return min(wanted, limit, max(spoken_until, start + LONGEST_CUE))


def _cuts(parts: Sequence[Sequence[Word]], language: str, duration: float) -> list[tuple[int, int]]:
    """The cheapest cuts, as half-open ranges of units."""
    texts = [join(part) for part in parts]
    starts = [*(part[0].start for part in parts), duration]
    ends = [part[-1].end for part in parts]
    breaks = [*(break_cost(a[-1], b[0], language) for a, b in pairwise(parts)), SENTENCE]
    # Blanks before a unit count into its size; the first unit of a line gives them back.
    blanks = [int(part[0].spaced) for part in parts]
    inside = [
        _SENTENCE_INSIDE * (breaks[index] == SENTENCE) + _SECOND_OF_SILENCE_INSIDE * (starts[index + 1] - ends[index])
        for index in range(len(parts))
    ]

    def line_end(start: int) -> int:
        """The first unit that no longer fits the line that begins with unit `start`."""
        room = LINE_COLUMNS + blanks[start]
        stop = start
        while stop < len(parts) and (stop == start or columns(texts[stop]) + blanks[stop] <= room):
            room -= columns(texts[stop]) + blanks[stop]
            stop += 1
        return stop

    line_ends = [*(line_end(start) for start in range(len(parts))), len(parts)]
    best, came_from = [0.0] + [math.inf] * len(parts), [0] * (len(parts) + 1)
    for start in range(len(parts)):
        characters, penalty = -blanks[start], 0.0
        for stop in range(start + 1, line_ends[line_ends[start]] + 1):
            if ends[stop - 1] - starts[start] > LONGEST_CUE and stop > start + 1:
                break
            characters += len(texts[stop - 1]) + blanks[stop - 1]
            shown = _end(starts[start], ends[stop - 1], characters, starts[stop]) - starts[start]
            cost = (
                best[start]
                + _EACH_CUE
                + breaks[stop - 1]
                + penalty
                + _SECOND_TOO_SHORT * max(0.0, SHORTEST_CUE - shown)
                + _CHARACTER_TOO_FAST * max(0.0, characters / shown - CHARACTERS_A_SECOND)
            )
            if cost < best[stop]:
                best[stop], came_from[stop] = cost, start
            penalty += inside[stop - 1]
    cuts, stop = [], len(parts)
    while stop:
        cuts.append((came_from[stop], stop))
        stop = came_from[stop]
    return cuts[::-1]
