"""Live progress: feeds the changes of tasks and batches to the clients of this process that wait for them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Final

from fastapi import Depends, Request

from api.limits.concurrency.concurrency_limit import client_of
from api.shutdown import calling_on_shutdown
from api.streaming.feeds import Feed
from api.streaming.notifications import listen
from api.streaming.snapshots import read_batches, read_tasks
from content_pipeline.core.errors import TooManyRequests

# The trigger on `tasks` notifies it (core/models/migrations/).
CHANNEL: Final = "task_changes"
TASK_PAUSE: Final = 0.05
# This interval is longer, because all rows of a batch are read when one has changed.
BATCH_PAUSE: Final = 0.25
# Open streams and waiting requests of one workspace in this process: its keys are made over the API, 50 of them.
MAX_OPEN_STREAMS: Final = 200


class Progress:
    """What the clients of this process wait for."""

    def __init__(self) -> None:
        self.tasks = Feed(read_tasks, pause=TASK_PAUSE)
        self.batches = Feed(read_batches, pause=BATCH_PAUSE)
        self._feeds: Final = (self.tasks, self.batches)
        self._open: Counter[str] = Counter()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver changes while the block runs; end all waiting when the server shuts down."""
        listener = listen(CHANNEL, self._mark_all_changed, self._mark_changed)
        running = [asyncio.create_task(work) for work in (listener, *(feed.run() for feed in self._feeds))]
        try:
            with calling_on_shutdown(self._close):
                yield
        finally:
            for work in running:
                work.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _mark_changed(self, task_id: str) -> None:
        for feed in self._feeds:
            feed.mark_changed([task_id])

    def _mark_all_changed(self) -> None:
        for feed in self._feeds:
            feed.mark_all_changed()

    def _close(self) -> None:
        for feed in self._feeds:
            feed.close()

    @contextmanager
    def slot(self, client: str) -> Iterator[None]:
        """Count one that waits, by what `client_of` returns. Raises TooManyRequests."""
        if self._open[client] >= MAX_OPEN_STREAMS:
            raise TooManyRequests(
                f"Your workspace has {MAX_OPEN_STREAMS} open streams and waiting requests.",
                code="too_many_streams",
                remedy="Close those that you no longer need, or poll.",
                retry_after=5,
            )
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]


async def _progress(request: Request) -> Progress:
    progress: Progress = request.app.state.progress
    return progress


ProgressDep = Annotated[Progress, Depends(_progress)]


async def _slot(request: Request, progress: ProgressDep) -> AsyncIterator[None]:
    with progress.slot(client_of(request)):
        yield


# Routes that stream take the slot before the response begins, and hold it until the response has ended.
SlotDep = Annotated[None, Depends(_slot)]
