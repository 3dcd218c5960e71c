"""Renders a series as a Unicode sparkline."""

from collections.abc import Sequence
from typing import Final

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_UNKNOWN, _POINT = "·", "●"


def sparkline(values: Sequence[float | None]) -> str:
    """A character per value, as high as it is between zero (or the least, if that is negative) and the greatest.

    A value that is not known is a small dot. If only one is known, it is a large one, and its number follows.
    """
    known = [value for value in values if value is not None]
    if len(known) == 1:
        line = "".join(_UNKNOWN if value is None else _POINT for value in values)
        return f"{line} {known[0]:,.0f}"
    low = min([0.0, *known])
    span = max([0.0, *known]) - low
    return "".join(_UNKNOWN if value is None else _block(value - low, span) for value in values)


def _block(height: float, span: float) -> str:
    return _BLOCKS[round(height / span * (len(_BLOCKS) - 1))] if span else _BLOCKS[0]
