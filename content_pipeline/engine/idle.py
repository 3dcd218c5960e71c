"""Idle timer of a worker process: trims its heap after five seconds without work, clears its caches after a minute.

By an alarm signal, whose handler runs in the main thread, so never beside a run.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from content_pipeline.core.infrastructure import process_memory

# Trimming takes 5 to 40 ms: too long between the reels of a batch.
TRIM_SECONDS: Final = 5.0
# Loading Whisper again takes 0.3 s.
DROP_SECONDS: Final = 60.0


def begin() -> None:
    """The process waits from now on."""
    _call_after(TRIM_SECONDS, _trim)


@contextmanager
def paused() -> Iterator[None]:
    """The process works during the block, and waits from its end on."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        begin()


def _call_after(seconds: float, handler: "signal._HANDLER") -> None:
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _trim(signum: int, frame: FrameType | None) -> None:
    process_memory.trim()
    _call_after(DROP_SECONDS, _drop)


def _drop(signum: int, frame: FrameType | None) -> None:
    process_memory.release()
