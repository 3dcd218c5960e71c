"""The semaphore of which no owner takes all slots."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from content_pipeline.core.media.fair_semaphore import FairSemaphore
from tests.polling import until

SLOTS = FairSemaphore(most=4, per_owner=2)


class Held:
    """Threads that take a slot, and hold it until they are told."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self.end = Event()
        self.by: list[str | None] = []
        self.threads: list[Future[None]] = []

    def take(self, owner: str | None) -> None:
        self.threads.append(self._pool.submit(self._hold, owner))

    def _hold(self, owner: str | None) -> None:
        with SLOTS.slot(owner):
            self.by.append(owner)
            self.end.wait()

    def wait_for(self, number: int) -> None:
        until(lambda: len(self.by) == number, seconds=10, what=f"{number} slots", pause=0.001)


@pytest.fixture
def held() -> Iterator[Held]:
    with ThreadPoolExecutor(20) as pool:
        held = Held(pool)
        try:
            yield held
        finally:
            held.end.set()
        for thread in held.threads:
            thread.result(10)


def test_what_one_owner_wants_beyond_its_share_waits_and_another_does_not(held: Held) -> None:
    for _ in range(5):
        held.take("a")
    held.wait_for(2)
    held.take("b")
    held.wait_for(3)
    assert held.by == ["a", "a", "b"]


def test_all_owners_share_what_there_is(held: Held) -> None:
    for owner in ("a", "b", "c"):
        held.take(owner)
        held.take(owner)
    held.wait_for(4)
    held.end.set()
    held.wait_for(6)
    assert sorted(filter(None, held.by)) == ["a", "a", "b", "b", "c", "c"]


def test_work_without_an_owner_may_take_all(held: Held) -> None:
    for _ in range(4):
        held.take(None)
    held.wait_for(4)


def test_a_slot_is_given_back_after_an_error(held: Held) -> None:
    for _ in range(3):
        with pytest.raises(ValueError, match="unreadable"), SLOTS.slot("a"):
            raise ValueError("unreadable")
    held.take("a")
    held.wait_for(1)
