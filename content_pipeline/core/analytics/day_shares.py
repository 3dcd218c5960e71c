"""Converts daily metrics to the days of a time zone, pro rata by time; counts keep their sums."""

from collections.abc import Iterable, Sequence
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
class Shares:
    """What of the time of sources falls on targets. Each entry is of a source and a target, numbered in their order,
    and goes from `begin` to `end`, as fractions of the source."""

    source: Array
    target: Array
    begin: Array
    end: Array

    @property
    def is_whole(self) -> Array:
        """Which of them are all of their source."""
        is_whole: Array = (self.begin == 0) & (self.end == 1)
        return is_whole


def _midnight(zone: ZoneInfo, day: date) -> datetime:
    """When a day of a time zone begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def days_of(zone: ZoneInfo, first: date, count: int) -> list[Span]:
    """The days of a time zone, in UTC. A day in which clocks change has 23 or 25 hours; a skipped one has none."""
    return spans(zone, [first + timedelta(days=number) for number in range(count + 1)])


def spans(zone: ZoneInfo, borders: Iterable[date]) -> list[Span]:
    """The times from midnight of one day to midnight of the next one that is named, in UTC."""
    return [Span(*pair) for pair in pairwise(_midnight(zone, day) for day in borders)]


def shares(sources: Sequence[Span], targets: Sequence[Span]) -> Shares:
    """The shares of each source. Targets follow each other without a gap; what lies before or after them is left out.

    A source without duration belongs to the target in which it is, a target without duration has no share.
    """
    starts, ends = _seconds(sources)
    begins, stops = _seconds(targets)
    lasting = np.flatnonzero(begins < stops)
    begins, stops = begins[lasting], stops[lasting]
    first = np.searchsorted(stops, starts, side="right")
    is_moment = starts == ends
    after = np.where(is_moment, np.searchsorted(begins, ends, side="right"), np.searchsorted(begins, ends))
    counts = np.maximum(after - first, 0)
    source = np.repeat(np.arange(len(sources)), counts)
    target = first[source] + np.arange(len(source)) - (np.cumsum(counts) - counts)[source]
    start, length = starts[source], np.where(is_moment, 1, ends - starts)[source]
    begin = (np.maximum(begins[target], start) - start) / length
    end = (np.minimum(stops[target], ends[source]) - start) / length
    return Shares(source, lasting[target], begin, np.where(is_moment[source], 1, end))


def _seconds(spans: Sequence[Span]) -> tuple[Array, Array]:
    starts, ends = ([getattr(span, name).timestamp() for span in spans] for name in Span._fields)
    return np.array(starts), np.array(ends)


def split(values: Array, parts: Shares, targets: int, *, is_count: Array) -> Array:
    """The figures of the targets: what their shares of the sources add up to, NaN where no source is known.

    `values` has a row for each source and a column for each metric. Counts are rounded at the borders of the shares, so
    that the shares of a source add up to it.
    """
    of_source = values[parts.source]
    until, since = of_source * parts.end[:, None], of_source * parts.begin[:, None]
    pieces = np.where(is_count, np.rint(until) - np.rint(since), until - since)
    known = ~np.isnan(pieces)
    sums, counts = np.zeros((2, targets, values.shape[1]))
    np.add.at(sums, parts.target, np.where(known, pieces, 0))
    np.add.at(counts, parts.target, known)
    return np.where(counts > 0, sums, np.nan)
