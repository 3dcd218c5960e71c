"""Waiting for a condition by polling it."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(condition: Callable[[], Found | None], *, seconds: float, what: str, pause: float | None = None) -> Found:
    """Poll a condition until it is true. Returns its value; fails after `seconds`.

    Every `pause` seconds; without it every 0.1 s at first and every 0.5 s after ten: polls are CPU that others lack.
    """
    began = time.monotonic()
    while (waited := time.monotonic() - began) < seconds:
        if found := condition():
            return found
        time.sleep(pause or min(max(0.1, waited / 20), 0.5))
    raise AssertionError(f"Timed out after {seconds:.0f} s waiting for {what}")
