"""Parts of a file on their way to a platform: read as they are sent, so that no video is ever held in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BLOCK_BYTES: Final = 1 << 18


def file_range(path: Path, start: int, end: int) -> Iterable[bytes]:
    """The bytes from `start` up to, not including, `end`; for a request that names its own Content-Length, and that
    may be sent again."""
    return _Piece(path, start, end)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A generator could be sent once only."""

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
