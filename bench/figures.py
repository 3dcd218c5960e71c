"""A benchmark's result: a figure with its reference and target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas


@dataclass(frozen=True)
class Target:
    """A limit for the measured figure itself, or for its ratio to the reference."""

    limit: float
    of: Literal["measured", "ratio"] = "measured"
    side: Literal["at most", "at least"] = "at most"


@dataclass(frozen=True)
class Reference:
    """The same work done another way in the same run, in the figure's unit."""

    name: str
    value: float


@dataclass(frozen=True)
class Figure:
    what: str
    measured: float
    unit: str
    reference: Reference | None = None
    target: Target | None = None
    samples: int = 1

    @property
    def ratio(self) -> float | None:
        """None without a reference, or when that is zero, as a count may be."""
        return self.measured / self.reference.value if self.reference and self.reference.value else None

    @property
    def is_met(self) -> bool | None:
        """None without a target."""
        margin = self.margin
        return None if margin is None else margin >= 0

    @property
    def margin(self) -> float | None:
        """How far it is on the right side of its target, in the target's unit; None without one."""
        if self.target is None:
            return None
        value = self.ratio if self.target.of == "ratio" else self.measured
        assert value is not None, self.what
        return self.target.limit - value if self.target.side == "at most" else value - self.target.limit


def quantile(samples: Sequence[float], share: float) -> float:
    """The value that `share` of the samples do not exceed, interpolated."""
    return float(pandas.Series(samples).quantile(share))


def median(samples: Sequence[float]) -> float:
    return quantile(samples, 0.5)
