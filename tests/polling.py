"""Waiting for a condition by polling it."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import psutil

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


def until_ended(*processes: psutil.Process) -> None:
    """Wait for the end of orphans, which stay as zombies where the first process of the system waits for none."""

    def runs(process: psutil.Process) -> bool:
        with suppress(psutil.NoSuchProcess):
            return bool(process.status() != psutil.STATUS_ZOMBIE)
        return False

    until(lambda: not any(map(runs, processes)), seconds=30, what="the end of processes")
