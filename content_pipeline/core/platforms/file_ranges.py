"""Byte ranges of files as request bodies, streamed so that no video is held in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BLOCK_BYTES: Final = 1 << 18


def file_range(path: Path, start: int, end: int) -> Iterable[bytes]:
    """The bytes from `start` up to, not including, `end`. The request has to set its Content-Length, and may be
    retried."""
    return _FileRange(path, start, end)


@dataclass(frozen=True, slots=True)
class _FileRange:
    """Iterable more than once, unlike a generator: a retried request reads the range again."""

    path: Path
    start: int
    end: int

    def __iter__(self) -> Iterator[bytes]:
        position = self.start
        with self.path.open("rb") as file:
            file.seek(position)
            while block := file.read(min(BLOCK_BYTES, self.end - position)):
                position += len(block)
                yield block
