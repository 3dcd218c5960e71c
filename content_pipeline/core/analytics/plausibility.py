"""Filters implausible drops of cumulative totals (wrong API answers), as opposed to the removal of spam."""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # the checks of Dagster import this module too, and never need pandas (45 MB)
    from pandas import DataFrame
else:
    DataFrame = Any

# Platforms take back a part of the views when they remove spam. A wrong answer, such as zero for every post, takes back
# most of them. Of a small total everything may go.
_LEAST_FALL: Final = 100
_GREATEST_SHARE: Final = 0.5


def is_implausible(before: Any, after: Any) -> Any:
    """Whether a total fell by more than half, and by at least 100. For numbers, arrays and columns of a query."""
    return (before - after >= _LEAST_FALL) & (after < before * (1 - _GREATEST_SHARE))


def without_dips(readings: DataFrame, metric: str) -> DataFrame:
    """The readings without those of a total that fell implausibly and that the next reading does not confirm.

    `readings` has the columns `series`, `at` and the metric's own. The value of a dip becomes NaN, which is no reading;
    that of one without a next reading becomes the value before it, until there is one.
    """
    known = readings.loc[readings[metric].notna(), ["series", "at", metric]].sort_values(["series", "at"])
    values = known[metric]
    of_series = values.groupby(known["series"])
    before, after = of_series.shift(1), of_series.shift(-1)
    is_dip = is_implausible(before, values) & ~is_implausible(before, after)
    held = values.mask(is_dip, before.where(after.isna()))
    return readings.assign(**{metric: held.reindex(readings.index)})
