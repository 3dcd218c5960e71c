"""Daily increments of cumulative counters, interpolated between snapshots at the borders of UTC days."""

from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from content_pipeline.core.analytics.figure_columns import COUNTS

# A border that lies in a longer gap between two readings was not measured. Windows are of six hours, and a run may
# have to wait for a worker.
MEASURED_GAP: Final = timedelta(hours=7)
_DAY_MS: Final = 86_400_000
# Times in milliseconds since 1970 take 41 bits; the number of the series is above them in one sortable key.
_SERIES: Final = 1 << 42

_Array = np.ndarray[Any, np.dtype[Any]]


def at_borders(readings: pd.DataFrame, metric: str) -> pd.DataFrame:
    """What a total was at the borders of the UTC days between its first and its last reading.

    `readings` has the columns `series` (a number), `at` (milliseconds since 1970) and the metric's own, where a missing
    value is no reading. Returns one row for each series and day: `series`, `day` (days since 1970), `end` (the total at
    the day's end, or at the last reading where that is earlier), `growth` since the day's start (or since the first
    reading), NaN where both are the same moment, `from_start` (whether it is since the day's start) and `estimated`.
    Between two readings a total grows evenly. Counts are rounded at the borders, so that the days of a series add up to
    its growth, to the unit.
    """
    known = readings.loc[readings[metric].notna(), ["series", "at", metric]].sort_values(["series", "at"])
    if known.empty:
        return pd.DataFrame({name: [] for name in ("series", "day", "end", "growth", "from_start", "estimated")})
    at, values = known["at"].to_numpy(np.int64), known[metric].to_numpy(float)
    series, first, counts = np.unique(known["series"].to_numpy(np.int64), return_index=True, return_counts=True)
    last = first + counts - 1
    days = at[last] // _DAY_MS - at[first] // _DAY_MS + 1
    of = np.repeat(np.arange(len(series)), days)
    day = at[first][of] // _DAY_MS + np.arange(len(of)) - np.repeat(np.cumsum(days) - days, days)
    starts, ends = (np.clip((day + shift) * _DAY_MS, at[first][of], at[last][of]) for shift in (0, 1))
    keys, of_series = known["series"].to_numpy(np.int64) * _SERIES + at, series[of]
    start, start_gap = _interpolate(keys, at, values, of_series, starts)
    end, end_gap = _interpolate(keys, at, values, of_series, ends)
    if metric in COUNTS:
        start, end = np.rint(start), np.rint(end)
    growth = np.where(starts == ends, np.nan, end - start)
    is_estimated = np.maximum(start_gap, end_gap) > MEASURED_GAP / timedelta(milliseconds=1)
    columns = {"end": end, "growth": growth, "from_start": starts == day * _DAY_MS, "estimated": is_estimated}
    return pd.DataFrame({"series": of_series, "day": day, **columns})


def _interpolate(keys: _Array, at: _Array, values: _Array, series: _Array, border: _Array) -> tuple[_Array, _Array]:
    """The values at borders that lie within the readings of their series, and the length of the gap around each."""
    before = np.searchsorted(keys, series * _SERIES + border, side="right") - 1
    after = before + (at[before] < border)
    gap = at[after] - at[before]
    share = (border - at[before]) / np.where(gap == 0, 1, gap)
    return values[before] + (values[after] - values[before]) * share, gap
