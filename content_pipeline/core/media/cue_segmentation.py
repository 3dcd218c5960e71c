"""Cue segmentation: splits timed words into subtitle cues at minimal cost, by dynamic programming."""

import math
from collections.abc import Sequence
from itertools import groupby, pairwise

from content_pipeline.core.media.line_breaking import (
    SENTENCE,
    display_width,
    group_break_costs,
    group_sentence_ends,
    group_unbreakable,
    wrap_lines,
)
from content_pipeline.core.media.timed_words import MAX_WORD_SECONDS, Segment, Word, join_words, normalize_timings

MAX_LINE_COLUMNS = 42
MIN_CUE_SECONDS, MAX_CUE_SECONDS = 1.0, MAX_WORD_SECONDS
MAX_CHARACTERS_PER_SECOND = 20.0
# A cue that is shorter or faster than these cannot be read. It is merged with a neighbor wherever both fit.
_UNREADABLE_SECONDS, UNREADABLE_SPEED = 0.5, 25.0
# A shorter gap between cues flickers, so the first cue is extended to the second.
MIN_GAP_SECONDS = 0.25

# Costs: a base cost per cue (few full cues beat many short ones), plus penalties for poor readability.
_CUE_COST = 3.0
# This is more than the base cost, so that two sentences share a cue only where each alone would be too short to read.
_SENTENCE_INSIDE_COST = 4.0
_SILENCE_INSIDE_COST = 3.0
_TOO_SHORT_COST = 6.0
_TOO_FAST_COST = 1.0
_UNREADABLE_COST = 100.0


def segment(words: Sequence[Word], *, language: str, duration: float) -> list[Segment]:
    """Split timed words into cues.

    Words may touch, overlap, have zero length or run past `duration` (seconds of the recording, above zero): text and
    order are kept, timings repaired. Cues are ordered, never overlap and end within the duration; each has at
    most two lines of 42 columns, lasts 1 to 7 s and needs at most 20 characters a second, as far as the speech
    allows. Sentences are kept apart by their punctuation, not by pauses. A cue is in one language: `language`, or that
    of its words.
    """
    runs = [list(run) for _, run in groupby(normalize_timings(words, 0.0, duration), key=lambda word: word.language)]
    ends = [*(run[0].start for run in runs), duration][1:]
    return [
        cue for run, end in zip(runs, ends, strict=True) for cue in _segment_run(run, run[0].language or language, end)
    ]


def _segment_run(words: Sequence[Word], language: str, end: float) -> list[Segment]:
    """The cues of words in one language, all within `end` (seconds of the recording)."""
    groups = group_unbreakable(words, language, limit=MAX_LINE_COLUMNS)
    cues = [groups[first:stop] for first, stop in _cuts(groups, language, end)]
    begins = [*(cue[0][0].start for cue in cues), end]
    return [_cue(cue, language, limit) for cue, limit in zip(cues, begins[1:], strict=True)]


def _cue(groups: Sequence[Sequence[Word]], language: str, limit: float) -> Segment:
    spoken = tuple(word for group in groups for word in group)
    start = spoken[0].start
    end = _cue_end(start, spoken[-1].end, len(join_words(spoken)), limit)
    lines = wrap_lines(groups, language, limit=MAX_LINE_COLUMNS)
    return Segment(start, end, "\n".join(join_words(line) for line in lines), spoken)


def _cue_end(start: float, spoken_until: float, characters: int, limit: float) -> float:
    """End of a cue: its last word, or later if reading takes longer and the next cue (`limit`) allows it."""
    wanted = max(spoken_until, start + max(MIN_CUE_SECONDS, characters / MAX_CHARACTERS_PER_SECOND))
    if limit - wanted < MIN_GAP_SECONDS:
        wanted = limit
    return min(wanted, limit, max(spoken_until, start + MAX_CUE_SECONDS))


def _cuts(groups: Sequence[Sequence[Word]], language: str, duration: float) -> list[tuple[int, int]]:
    """The cheapest segmentation, as half-open ranges of groups."""
    texts = [join_words(group) for group in groups]
    starts = [*(group[0].start for group in groups), duration]
    ends = [group[-1].end for group in groups]
    breaks = [*group_break_costs(groups, language), SENTENCE]
    # A group's size includes the space before it, except at the start of a line.
    blanks = [int(group[0].spaced) for group in groups]
    inside = [
        _SENTENCE_INSIDE_COST * ends_sentence + _SILENCE_INSIDE_COST * (b[0].start - a[-1].end)
        for ends_sentence, (a, b) in zip(group_sentence_ends(groups), pairwise(groups), strict=True)
    ]

    def line_end(start: int) -> int:
        """The first group that does not fit the line starting with group `start`."""
        free = MAX_LINE_COLUMNS + blanks[start]
        stop = start
        while stop < len(groups) and (stop == start or display_width(texts[stop]) + blanks[stop] <= free):
            free -= display_width(texts[stop]) + blanks[stop]
            stop += 1
        return stop

    line_ends = [*(line_end(start) for start in range(len(groups))), len(groups)]
    best, previous = [0.0] + [math.inf] * len(groups), [0] * (len(groups) + 1)
    for start in range(len(groups)):
        characters, penalty = -blanks[start], 0.0
        for stop in range(start + 1, line_ends[line_ends[start]] + 1):
            if ends[stop - 1] - starts[start] > MAX_CUE_SECONDS and stop > start + 1:
                break
            characters += len(texts[stop - 1]) + blanks[stop - 1]
            shown = _cue_end(starts[start], ends[stop - 1], characters, starts[stop]) - starts[start]
            cost = (
                best[start]
                + _CUE_COST
                + breaks[stop - 1]
                + penalty
                + _TOO_SHORT_COST * max(0.0, MIN_CUE_SECONDS - shown)
                + _TOO_FAST_COST * min(100.0, max(0.0, characters / shown - MAX_CHARACTERS_PER_SECOND))
                + _UNREADABLE_COST * (shown < _UNREADABLE_SECONDS or characters / shown > UNREADABLE_SPEED)
            )
            if cost < best[stop]:
                best[stop], previous[stop] = cost, start
            penalty += inside[stop - 1] if stop < len(groups) else 0.0
    cuts, stop = [], len(groups)
    while stop:
        cuts.append((previous[stop], stop))
        stop = previous[stop]
    return cuts[::-1]
