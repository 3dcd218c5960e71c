"""The pace of speech: its usual and possible speeds, and pauses after a sentence."""

from typing import Final

# A factor of the voice's own speed. Words heard back stay right in this range.
DEFAULT_SPEED: Final = 1.0
MIN_SPEED: Final = 0.7
MAX_SPEED: Final = 1.4
# Seconds of silence.
DEFAULT_PAUSE: Final = 0.4
MAX_PAUSE: Final = 2.0
