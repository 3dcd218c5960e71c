"""Fair semaphore for threads: no owner can take all slots."""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Condition


class FairSemaphore:
    """`most` slots in all, `per_owner` for each owner. Work without an owner may have all of them."""

    def __init__(self, *, most: int, per_owner: int) -> None:
        self._most = most
        self._per_owner = per_owner
        self._held: Counter[Hashable] = Counter()
        self._freed = Condition()

    @contextmanager
    def slot(self, owner: Hashable | None) -> Iterator[None]:
        """Wait for a slot, and hold it during the block."""
        with self._freed:
            self._freed.wait_for(lambda: self._has_room(owner))
            self._held[owner] += 1
        try:
            yield
        finally:
            with self._freed:
                self._held -= Counter([owner])  # drops an owner without a slot
                self._freed.notify_all()

    def _has_room(self, owner: Hashable | None) -> bool:
        return self._held.total() < self._most and (owner is None or self._held[owner] < self._per_owner)
