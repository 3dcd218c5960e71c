"""Log files of the services: their last lines, and the lines that are added."""

import os
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from content_pipeline.core.errors import NotFound

LAST_LINES: Final = 20
# The followed files are polled at this interval.
POLL_SECONDS: Final = 0.25


@dataclass
class LogFile:
    """A log that may be rotated while it is read.

    Its file is kept open, so that the last lines that it got before a rotation are read too. `position` is where the
    next line begins in it.
    """

    path: Path
    position: int = 0
    stream: BinaryIO | None = None

    @property
    def service(self) -> str:
        return self.path.stem

    def last_lines(self, count: int) -> list[str]:
        """The last lines; what is added later comes from `new_lines`."""
        return list(deque(self.new_lines(), count))

    def new_lines(self) -> Iterator[str]:
        """The whole lines that were added since the last call."""
        has_successor = self._has_successor()  # asked first: from then on nothing is added to the old file
        yield from self._rest()
        if has_successor:
            self.close()
            self.stream, self.position = self.path.open("rb"), 0
            yield from self._rest()

    def close(self) -> None:
        if self.stream:
            self.stream.close()

    def _has_successor(self) -> bool:
        try:
            found = self.path.stat()
        except FileNotFoundError:  # between the two steps of a rotation
            return False
        return self.stream is None or not os.path.samestat(found, os.fstat(self.stream.fileno()))

    def _rest(self) -> Iterator[str]:
        if self.stream is None:
            return
        if os.fstat(self.stream.fileno()).st_size < self.position:
            self.position = 0
        self.stream.seek(self.position)
        for line in self.stream:
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


def lines(
    logs: Sequence[LogFile], *, follow: bool = False, last: int = LAST_LINES
) -> Generator[tuple[str, str], None, None]:
    """The last lines of each log with the name of its service; with `follow` also those that are added, without end."""
    with ExitStack() as opened:
        for log in logs:
            opened.callback(log.close)
            for line in log.last_lines(last):
                yield log.service, line
        while follow:
            time.sleep(POLL_SECONDS)
            for log in logs:
                for line in log.new_lines():
                    yield log.service, line
