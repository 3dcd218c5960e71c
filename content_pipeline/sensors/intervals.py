"""Minimum interval of sensors that run in every iteration of Dagster's sensor loop."""

from typing import Final

# Dagster looks at its sensors every 5 s, and measures their intervals from their own last start, which comes some
# milliseconds later: a sensor with a minimum of 5 s missed 6 of 20 rounds.
EVERY_ROUND: Final = 1
