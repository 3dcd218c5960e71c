"""Converts daily metrics to the days of a time zone, pro rata by time; counts keep their sums."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


class Span(NamedTuple):
    """The time from `start` to `end` (not included)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """What of the time of a source falls on a target: from `begin` to `end`, as fractions of the source. Both are
    numbered in their order."""

    source: int
    target: int
    begin: float
    end: float

    @property
    def is_whole(self) -> bool:
        return (self.begin, self.end) == (0, 1)


def days_of(zone: ZoneInfo, first: date, count: int) -> list[Span]:
    """The days of a time zone, in UTC. A day in which clocks change has 23 or 25 hours; a skipped one has none."""
    midnights = [
        datetime.combine(first + timedelta(days=number), time(), zone).astimezone(UTC) for number in range(count + 1)
    ]
    return [Span(*borders) for borders in pairwise(midnights)]


def shares(sources: Sequence[Span], targets: Sequence[Span]) -> Iterator[Share]:
    """The shares of each source. Targets follow each other without a gap; what lies before or after them is left out.

    A source without duration belongs to the target in which it is.
    """
    number = 0
    for source, (start, end) in enumerate(sources):
        while number < len(targets) and targets[number].end <= start:
            number += 1
        for target in range(number, len(targets)):
            begins, ends = targets[target]
            if begins >= end > start or begins > start == end:
                break
            if begins == ends:
                continue
            if start == end:
                yield Share(source, target, 0, 1)
                break
            length = end - start
            yield Share(source, target, (max(begins, start) - start) / length, (min(ends, end) - start) / length)


def split(values: Array, parts: Sequence[Share], targets: int, *, is_count: Array) -> Array:
    """The figures of the targets: what their shares of the sources add up to, NaN where no source is known.

    `values` has a row for each source and a column for each metric. Counts are rounded at the borders of the shares, so
    that the shares of a source add up to it.
    """
    result = np.full((targets, values.shape[1]), np.nan)
    if not parts:
        return result
    source, target = (np.array([getattr(part, name) for part in parts]) for name in ("source", "target"))
    begin, end = (np.array([[getattr(part, name)] for part in parts]) for name in ("begin", "end"))
    until, since = values[source] * end, values[source] * begin
    pieces = np.where(is_count, np.rint(until) - np.rint(since), until - since)
    known = ~np.isnan(pieces)
    sums, counts = np.zeros_like(result), np.zeros_like(result)
    np.add.at(sums, target, np.where(known, pieces, 0))
    np.add.at(counts, target, known)
    return np.where(counts > 0, sums, result)
