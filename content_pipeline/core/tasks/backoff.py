"""Exponential backoff with jitter between two polls of somebody else's work."""

import random
from typing import Final

_FIRST_SECONDS: Final = 5.0
_GROWTH: Final = 1.5
_JITTER: Final = 0.2


def backoff_seconds(polls: int, longest: float) -> float:
    """Seconds until the next poll after `polls` of them, at most `longest` plus jitter."""
    # Capped before it is raised to a power: a float overflows after 1,750 polls.
    seconds = min(_FIRST_SECONDS * _GROWTH ** min(polls, 100), longest)
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
