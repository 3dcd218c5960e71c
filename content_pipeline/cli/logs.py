"""Log files of the services: their last lines, and the lines that are added."""

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from content_pipeline.core.errors import NotFound

LAST_LINES: Final = 20
# Between two looks at the files that are followed.
POLL_SECONDS: Final = 0.25


@dataclass
class LogFile:
    """A log that may be rotated while it is read: `position` is where the next line begins in the file `inode`."""

    path: Path
    position: int = 0
    inode: int = field(default=0)

    @property
    def service(self) -> str:
        return self.path.stem

    def last_lines(self, count: int) -> list[str]:
        """The last lines; what is added later comes from `new_lines`."""
        return list(deque(self.new_lines(), count))

    def new_lines(self) -> Iterator[str]:
        """The whole lines that were added since the last call.

        After a rotation these are those of the new file; the last ones of the old file are in that with `.1`.
        """
        try:
            stream = self.path.open("rb")
        except FileNotFoundError:  # between the two steps of a rotation
            return
        with stream:
            found = os.fstat(stream.fileno())
            if found.st_ino != self.inode or found.st_size < self.position:
                self.inode, self.position = found.st_ino, 0
            stream.seek(self.position)
            for line in stream:
                if not line.endswith(b"\n"):
                    return
                self.position += len(line)
                yield line.decode(errors="replace").rstrip("\n")


def find(home: Path, service: str | None = None) -> list[LogFile]:
    """The logs of all services, or of one. Raises NotFound, with the names that there are."""
    logs = [LogFile(path) for path in sorted((home / "logs").glob("*.log"))]
    chosen = [log for log in logs if service in (None, log.service)]
    if not chosen:
        names = ", ".join(log.service for log in logs)
        raise NotFound(
            f"There is no log of {service}." if names else f"There are no logs in {home}.",
            remedy=f"Choose one of {names}." if names else "Start the stack with `content-pipeline up`.",
        )
    return chosen


def lines(logs: Sequence[LogFile], *, follow: bool = False, last: int = LAST_LINES) -> Iterator[tuple[str, str]]:
    """The last lines of each log with the name of its service; with `follow` also those that are added, without end."""
    for log in logs:
        for line in log.last_lines(last):
            yield log.service, line
    while follow:
        time.sleep(POLL_SECONDS)
        for log in logs:
            for line in log.new_lines():
                yield log.service, line
