"""Records when API keys were last used: in the background, at most once a minute for each key."""

import asyncio
import time
from typing import Final
from uuid import UUID

import structlog

from api.limits.concurrency.thread_pools import AUTHENTICATION
from content_pipeline.core.infrastructure.database import UNREACHABLE
from content_pipeline.core.workspaces import api_keys

log = structlog.get_logger()

_SECONDS: Final = api_keys.USE_RESOLUTION.total_seconds()
_MAX_KEPT: Final = 10_000


class KeyUsage:
    def __init__(self) -> None:
        self._written: dict[UUID, float] = {}
        self._writing: set[asyncio.Task[None]] = set()  # the event loop keeps only weak references

    def note(self, api_key_id: UUID) -> None:
        """Returns at once."""
        now = time.monotonic()
        if now - self._written.get(api_key_id, -_SECONDS) < _SECONDS:
            return
        if len(self._written) >= _MAX_KEPT:
            self._written.clear()
        self._written[api_key_id] = now
        writing = asyncio.create_task(self._write(api_key_id))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)

    async def _write(self, api_key_id: UUID) -> None:
        try:
            await AUTHENTICATION.run(api_keys.note_use, api_key_id)
        except UNREACHABLE as error:  # the next use after a minute is written
            log.warning("key_use_not_written", reason=type(error).__name__)
