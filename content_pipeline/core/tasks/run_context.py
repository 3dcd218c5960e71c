"""What a run holds while it works on its subject: the task it serves, its progress bar, its fenced writes."""

import time
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from content_pipeline.core.clock import now
from content_pipeline.core.database import UNREACHABLE
from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.net import safe_fetch
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import executions, scratch, tasks

PROGRESS_SECONDS: Final = 0.5
# A remote file that takes longer than this goes on in the io lane, so that a slow server holds no other slot.
QUICK_FETCH_SECONDS: Final = 10.0
# With the back-off this is five minutes of somebody else's server, or our own stores, being away.
MAX_ATTEMPTS: Final = 7
# To be told to come later is no failed attempt until then: the longest limits are a day's.
PATIENCE: Final = timedelta(days=2)


@dataclass
class RunContext:
    """One run's hold on one subject. `task_id` is None for a re-run that no open task asked for.

    `attempt` counts the task's runs that failed, and `since` is when it was entered.
    """

    run_id: str
    lane: Lane
    task_id: str | None = None
    attempt: int = 0
    since: datetime = field(default_factory=now)
    _told: float = field(default=0.0, repr=False)

    @property
    def is_last_attempt(self) -> bool:
        """Whether an error that is worth trying again would end the task all the same."""
        return self.task_id is None or self.attempt + 1 >= MAX_ATTEMPTS

    @property
    def is_patient(self) -> bool:
        """Whether the task may be told to come later once more."""
        return now() - self.since < PATIENCE

    def progress(self, fraction: float) -> None:
        """Move the task's bar to `fraction` of the subject's work; cheap to call often."""
        if self.task_id is None or time.monotonic() - self._told < PROGRESS_SECONDS:
            return
        self._told = time.monotonic()
        # A bar that does not move is no reason to lose the work; a database that stays away is the heart's matter.
        with suppress(*UNREACHABLE), self.write() as session:
            tasks.set_progress(session, self.task_id, fraction)

    def write(self) -> AbstractContextManager[Session]:
        """A transaction that commits only while this run is alive. Raises executions.Stopped."""
        return executions.fenced(self.run_id)

    def fetch(self, url: str, target: Path, *, max_bytes: int) -> None:
        """Copy a remote file; ffmpeg and Whisper see local files only. Raises MoveOn, and what `remote.fetch` does."""
        quick = self.task_id is not None and self.lane != "io"
        seconds = QUICK_FETCH_SECONDS if quick else settings().fetch_seconds
        try:
            safe_fetch.fetch(url, target, max_bytes=max_bytes, seconds=seconds)
        except UpstreamError as error:
            if error.code == "remote_timeout":
                if quick:
                    raise SwitchLane("io") from error
                error.retryable = False  # it had a quarter of an hour; it will not be quicker next time
            raise

    def folder(self) -> AbstractContextManager[Path]:
        """A temporary folder, gone with the block."""
        return scratch.folder(self.run_id)


class SwitchLane(Exception):
    """The task goes on in another run, at once: `lane` says where."""

    def __init__(self, lane: Lane) -> None:
        super().__init__(lane)
        self.lane = lane


class Suspend(Exception):
    """Somebody else is at work on it: the task goes on when a sensor hears that they are done, or at `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until
