"""Context of one run: its task, progress reporting, fenced transactions, scratch folder."""

import time
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from content_pipeline.core.errors import NotFound, UpstreamError
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import UNREACHABLE
from content_pipeline.core.infrastructure.net import safe_fetch
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import leases, scratch, tasks

PROGRESS_SECONDS: Final = 1.0
# A download that takes longer continues in the io lane, so that a slow server holds no slot of another lane.
QUICK_FETCH_SECONDS: Final = 10.0
# With the back-off, this many attempts cover an outage of five minutes.
MAX_ATTEMPTS: Final = 7
# A rate limit does not count as a failed attempt for this long, because the longest limits last a day.
PATIENCE: Final = timedelta(days=2)


@dataclass
class RunContext:
    """One run that has claimed its subject. `task_id` is None for a re-run without an open task.

    `attempt` counts the failed runs of the task before this one; `since` is when the task was created, `traceparent`
    the trace of its request.
    """

    run_id: str
    lane: Lane
    task_id: str | None = None
    attempt: int = 0
    since: datetime = field(default_factory=now)
    traceparent: str | None = None
    _reported_at: float = field(default=0.0, repr=False)

    @property
    def is_last_attempt(self) -> bool:
        """Whether even a retryable error ends the task."""
        return self.task_id is None or self.attempt + 1 >= MAX_ATTEMPTS

    @property
    def is_patient(self) -> bool:
        """Whether a rate limit may still postpone the task without counting as a failed attempt."""
        return now() - self.since < PATIENCE

    def progress(self, fraction: float) -> None:
        """Report that `fraction` (0 to 1) of the work is done; throttled, so cheap to call often."""
        if self.task_id is None or time.monotonic() - self._reported_at < PROGRESS_SECONDS:
            return
        self._reported_at = time.monotonic()
        # Lost progress must not fail the run; if the database stays unreachable, the heartbeat ends it.
        with suppress(*UNREACHABLE), self.write() as session:
            # Commits that notify (the trigger on `tasks`) wait for each other's flush to disk, and 200 slots report
            # 200 times a second. A crash of the database loses the last second of progress, and the next report
            # brings it back (bench/streams.py).
            session.execute(text("set local synchronous_commit = off"))
            tasks.set_progress(session, self.task_id, fraction)

    def write(self) -> AbstractContextManager[Session]:
        """A transaction that commits only while this run is alive. Raises leases.Stopped."""
        return leases.fenced(self.run_id)

    def fetch(self, location: str, target: Path, *, max_bytes: int) -> None:
        """Download the file of a URL, of up to `max_bytes`, or the object of a URI, whose size was checked.

        Raises SwitchLane when a server is slow, `safe_fetch` errors, and as `fetch_stored` does.
        """
        if key := storage.key_of_uri(location):
            self.fetch_stored(key, target)
        else:
            self._fetch_remote(location, target, max_bytes)

    def fetch_stored(self, key: str, target: Path) -> None:
        """Download what a client has named as a source.

        Raises NotFound `source_deleted`, and Unavailable as `storage.fetch_large` does.
        """
        try:
            storage.fetch_large(key, target)
        except NotFound as error:
            raise source_deleted() from error

    def _fetch_remote(self, url: str, target: Path, max_bytes: int) -> None:
        quick = self.task_id is not None and self.lane != "io"
        seconds = QUICK_FETCH_SECONDS if quick else settings().fetch_seconds
        try:
            safe_fetch.fetch(url, target, max_bytes=max_bytes, seconds=seconds)
        except UpstreamError as error:
            if error.code == "remote_timeout":
                if quick:
                    raise SwitchLane("io") from error
                error.retryable = False  # it had `fetch_seconds`; another attempt would not be faster
            raise

    def check_lane(self, seconds: float) -> None:
        """Raises SwitchLane where a recording of that length belongs to another lane.

        A short one stays in the media lane, where only back-fills bring it: it would overtake what clients wait for.
        """
        wanted = settings().lane_of(seconds)
        if self.task_id and self.lane not in (wanted, "media"):
            raise SwitchLane(wanted)

    def folder(self) -> AbstractContextManager[Path]:
        """A temporary folder, deleted when the block ends."""
        return scratch.folder(self.run_id)


def source_deleted() -> NotFound:
    """The error of a run whose source is gone."""
    return NotFound(
        "The file that was to be used has been deleted.",
        code="source_deleted",
        remedy="Send the request again with a file that is there.",
    )


class SwitchLane(Exception):
    """Continue the task in another run at once, in `lane`."""

    def __init__(self, lane: Lane) -> None:
        super().__init__(lane)
        self.lane = lane


class Suspend(Exception):
    """Wait for a platform: the task continues when a sensor finds its processing finished, at `until` at the latest."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class Hold(Exception):
    """End the run: the task waits already, and is resumed by somebody else."""
