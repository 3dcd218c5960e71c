"""Cache of authenticated callers: a key that changes is dropped, and its streams end, as the database announces it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import chain
from typing import Final
from uuid import UUID

from api.streaming.notifications import listen
from content_pipeline.core.workspaces.caller import Caller

# The trigger on `api_keys` notifies it (core/models/migrations/).
CHANNEL: Final = "api_key_changes"
# Polling clients send the same key every two seconds: a query for each request would double the database's work. It is
# also how long a revoked key works while the connection for notifications is lost.
SECONDS: Final = 5.0
_MAX_CACHED: Final = 10_000


class CallerCache:
    """Callers by the digest of their key."""

    def __init__(self) -> None:
        self._callers: dict[bytes, tuple[float, Caller]] = {}
        self._watching: defaultdict[UUID, set[Callable[[], None]]] = defaultdict(set)
        self.version = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Forget keys that are changed by any process, while the block runs."""
        listener = asyncio.create_task(listen(CHANNEL, self._any_changed, lambda key_id: self._changed(UUID(key_id))))
        try:
            yield
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    def get(self, digest: bytes) -> Caller | None:
        until, caller = self._callers.get(digest, (0.0, None))
        return caller if until > time.monotonic() else None

    def keep(self, digest: bytes, caller: Caller, version: int) -> None:
        """`version` is that of the cache before the caller was read: what was read may be revoked since."""
        if version != self.version:
            return
        if len(self._callers) >= _MAX_CACHED:
            self._callers.clear()
        self._callers[digest] = (time.monotonic() + SECONDS, caller)

    def forget(self, api_key_id: UUID) -> None:
        """Of threads too: the process that revokes a key need not wait for its own notification."""
        self.version += 1
        for digest, (_, caller) in list(self._callers.items()):
            if caller.api_key_id == api_key_id:
                self._callers.pop(digest, None)

    def forget_all(self) -> None:
        self.version += 1
        self._callers.clear()

    @contextmanager
    def watching(self, api_key_id: UUID, call: Callable[[], None]) -> Iterator[None]:
        """Call `call`, in the event loop, when the key changes while the block runs, and when it may have."""
        self._watching[api_key_id].add(call)
        try:
            yield
        finally:
            self._watching[api_key_id].remove(call)
            if not self._watching[api_key_id]:
                del self._watching[api_key_id]

    def _changed(self, api_key_id: UUID) -> None:
        self.forget(api_key_id)
        for call in self._watching.get(api_key_id, ()):
            call()

    def _any_changed(self) -> None:
        self.forget_all()
        for call in chain.from_iterable(self._watching.values()):
            call()
