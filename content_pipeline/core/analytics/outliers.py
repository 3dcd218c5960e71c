"""Outlier detection for daily views: median and MAD of their logarithms over the weeks before."""

import math
from collections.abc import Sequence
from statistics import median
from typing import Final, NamedTuple

DAYS: Final = 28
_LEAST_DAYS: Final = 14
# Views have a heavy tail, so that they are compared by their logarithms; 1.4826 makes the MAD a standard deviation.
_DEVIATIONS: Final = 5 * 1.4826
# Days that are all alike would make each other one unusual: a factor of two never is.
_LEAST_MAD: Final = 0.1
# Added to the views of each day: of an account that hardly anybody watches, 200 views are not unusual.
_FEW: Final = 500


class Limits(NamedTuple):
    """The usual views of a day, and what is unusual: less than `lowest`, more than `highest`."""

    usual: float
    lowest: float
    highest: float

    def contain(self, views: float) -> bool:
        return self.lowest <= max(views, 0) <= self.highest


def limits(history: Sequence[float | None]) -> Limits | None:
    """The limits that the known days before set; None for fewer than two weeks of them."""
    known = [math.log(max(views, 0) + _FEW) for views in history if views is not None]
    if len(known) < _LEAST_DAYS:
        return None
    middle = median(known)
    width = _DEVIATIONS * max(median(abs(value - middle) for value in known), _LEAST_MAD)
    usual, lowest, highest = (math.exp(value) - _FEW for value in (middle, middle - width, middle + width))
    return Limits(max(usual, 0), max(lowest, 0), highest)
