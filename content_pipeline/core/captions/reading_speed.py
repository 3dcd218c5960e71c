"""Reading speed of translated cues: extends cues that are too fast into the gap after them, or merges neighbors."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from content_pipeline.core.media.cue_editing import join_cues
from content_pipeline.core.media.cue_segmentation import (
    MAX_CHARACTERS_PER_SECOND,
    MAX_CUE_SECONDS,
    MAX_LINE_COLUMNS,
    MIN_GAP_SECONDS,
    UNREADABLE_SPEED,
)
from content_pipeline.core.media.line_breaking import display_width
from content_pipeline.core.media.timed_words import Segment, join_words

# Across a longer silence the second text would be shown long before it is said.
_MAX_JOINED_SILENCE_SECONDS: Final = 1.0


def make_readable(cues: Sequence[Segment], *, language: str, duration: float) -> tuple[Segment, ...]:
    """The cues of a recording of `duration` seconds, each as readable as its neighbors allow.

    A cue above 20 characters a second is shown for longer, until it is not, the next one begins, or it has been there
    for 7 s. One that is still above 25 is joined with a neighbor where the two can be read together: in two lines of 42
    columns, 7 s, at 25 characters a second, and with at most 1 s of silence between them. Others stay as they are: no
    text is lost or moved to another time.
    """
    limits = [*(cue.start for cue in cues[1:]), duration]
    waiting = deque(_extended(cue, limit) for cue, limit in zip(cues, limits, strict=True))
    made: list[Segment] = []
    while waiting:
        cue = waiting.popleft()
        if speed(cue) <= UNREADABLE_SPEED:
            made.append(cue)
            continue
        starts = [*(following.start for following in islice(waiting, 2)), duration, duration]
        with_last = _joined(made[-1], cue, starts[0], language) if made else None
        with_next = _joined(cue, waiting[0], starts[1], language) if waiting else None
        if with_next and (with_last is None or speed(with_next) <= speed(with_last)):
            waiting[0] = with_next
        elif with_last:
            made[-1] = with_last
        else:
            made.append(cue)
    return tuple(made)


def speed(cue: Segment) -> float:
    """Columns a second: characters, of which those of Chinese, Japanese and Korean count twice."""
    return display_width(join_words(cue.words)) / (cue.end - cue.start)


def _extended(cue: Segment, limit: float) -> Segment:
    """The cue, shown until it is read, at most to `limit`."""
    columns = display_width(join_words(cue.words))
    latest = min(limit, cue.start + MAX_CUE_SECONDS)
    wanted = min(cue.start + columns / MAX_CHARACTERS_PER_SECOND, latest)
    if wanted <= cue.end:
        return cue
    if limit - wanted < MIN_GAP_SECONDS:
        wanted = latest
    return replace(cue, end=max(cue.end, wanted))


def _joined(first: Segment, second: Segment, limit: float, language: str) -> Segment | None:
    """Both as one cue, shown at most to `limit`; None where they cannot be read together."""
    silence = second.start - first.words[-1].end
    if silence > _MAX_JOINED_SILENCE_SECONDS or second.end - first.start > MAX_CUE_SECONDS:
        return None
    joined = _extended(join_cues(first, second, language=language), limit)
    lines = joined.text.split("\n")
    fits = len(lines) <= 2 and all(display_width(line) <= MAX_LINE_COLUMNS for line in lines)
    return joined if fits and speed(joined) <= UNREADABLE_SPEED else None
