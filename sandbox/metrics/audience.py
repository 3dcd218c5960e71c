"""Who follows an account and watches its videos: shares by age, gender and country, derived from its id."""

from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

from sandbox.metrics.features import fraction

_Group = TypeVar("_Group", bound=Hashable)

# Relative weights; each account has its own variation of them.
AGES: Final[Mapping[str, float]] = {
    "13-17": 6, "18-24": 27, "25-34": 34, "35-44": 18, "45-54": 9, "55-64": 4, "65+": 2,
}  # fmt: skip
GENDERS: Final[Mapping[str, float]] = {"F": 52, "M": 45, "U": 3}
COUNTRIES: Final[Mapping[str, float]] = {
    "US": 34, "GB": 12, "DE": 9, "IN": 9, "BR": 7, "CA": 6, "FR": 5, "ES": 4, "MX": 4, "AU": 4, "JP": 3, "NL": 3,
}  # fmt: skip


def shares(account: str, weights: Mapping[str, float]) -> dict[str, float]:
    """The share of each group in the account's audience; the sum is 1."""
    varied = {name: weight * (0.5 + fraction(account, f"audience {name}")) for name, weight in weights.items()}
    whole = sum(varied.values())
    return {name: weight / whole for name, weight in varied.items()}


def apportioned(shares: Mapping[_Group, float], whole: int) -> dict[_Group, int]:
    """Whole numbers that add up to `whole`: rounded down, and the rest to the largest remainders."""
    exact = {name: share * whole for name, share in shares.items()}
    parts = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: exact[name] - parts[name], reverse=True)
    for name in by_remainder[: whole - sum(parts.values())]:
        parts[name] += 1
    return parts
