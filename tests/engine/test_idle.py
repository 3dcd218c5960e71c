"""A worker process that waits gives memory back; one that works keeps its models."""

import signal
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count

import pytest

from content_pipeline.core.infrastructure import process_memory
from content_pipeline.engine import idle
from tests.polling import until


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(idle, "TRIM_SECONDS", 0.01)
    monkeypatch.setattr(idle, "DROP_SECONDS", 0.01)
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Loads a model unless the process has it. Returns how often it was loaded."""
    monkeypatch.setattr(process_memory, "idle_actions", [])
    numbers = count(1)
    return process_memory.dropped_when_idle(cache(lambda: next(numbers)))


@pytest.mark.slow
def test_a_process_that_waits_drops_its_models(load: Callable[[], int]) -> None:
    assert load() == 1
    idle.begin()
    until(lambda: load() == 2, seconds=10, what="the loss of the model", pause=0.05)


@pytest.mark.slow
def test_a_process_that_works_keeps_its_models(load: Callable[[], int]) -> None:
    idle.begin()
    with idle.paused():
        loaded = load()
        deadline = time.monotonic() + 0.2
        while time.monotonic() < deadline:
            assert load() == loaded
    until(lambda: load() > loaded, seconds=10, what="the loss of the model", pause=0.05)
