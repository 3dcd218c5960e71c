"""Random jitter for timeouts and retry delays, against thundering herds: clients that retry all at once.

Thirty refusals in one moment kept the API's event loop for 0.15 s, and again each five seconds, when their clients came
back (bench/noisy_neighbor.py).
"""

import random


def jitter(most: float) -> float:
    """Random seconds from 0 to `most`, to be added to a timeout or a delay."""
    return random.uniform(0, most)  # noqa: S311 - no secret
