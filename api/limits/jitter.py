"""Jitter: requests that came together are not refused, nor sent again, in one moment.

Thirty refusals in one moment kept the event loop for 0.15 s, and again each five seconds, when their clients came back
(bench/noisy_neighbor.py).
"""

import random


def jitter(most: float) -> float:
    """Random seconds, up to `most`."""
    return random.uniform(0, most)  # noqa: S311 - no secret
