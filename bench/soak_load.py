"""Runs the activities of the soak side by side, each at its own pace, and notes what fails."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final

import httpx

from bench.soak_activities import Activity
from bench.soak_customer import Customer

# Activities that are at work at the end get this much time to finish.
_END_SECONDS: Final = 660.0


@dataclass
class Load:
    """`done` counts activities by name; `failures` are sentences that name what failed."""

    done: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


@contextmanager
def running(activities: Mapping[str, Activity], customers: Sequence[Customer]) -> Iterator[Load]:
    """Do each activity for one customer after the other while the block runs, then wait for the end of those at work.

    One that takes longer than its pace begins again at once, and is not made up for: what the system is asked for
    shrinks with what it can do.
    """
    load, ended = Load(), threading.Event()
    threads = [
        threading.Thread(target=_repeat, args=(load, ended, name, activity, customers), name=name, daemon=True)
        for name, activity in activities.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        ended.set()
        deadline = time.monotonic() + _END_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                load.failures.append(f"{thread.name}: does not end")


def _repeat(load: Load, ended: threading.Event, name: str, activity: Activity, customers: Sequence[Customer]) -> None:
    turns = cycle(random.sample(customers, len(customers)))
    pause = random.uniform(0, min(activity.every, 20))
    while not ended.wait(pause):
        began = time.monotonic()
        try:
            activity.do(next(turns))
            load.done[name] += 1
        except (AssertionError, httpx.HTTPError, KeyError, ValueError) as error:
            load.failures.append(f"{name}: {type(error).__name__} {error}")
        pause = max(0.0, began + activity.every - time.monotonic())
