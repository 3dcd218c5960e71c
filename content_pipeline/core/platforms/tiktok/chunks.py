"""Splits a video into chunks for TikTok: equal ones, of which the last takes the remainder too."""

from dataclasses import dataclass
from typing import Final

# A chunk may have 5 to 64 MB, the last one up to 128 MB. The last one is the commit, so it is kept small: the shorter
# its request, the less can interrupt it.
CHUNK_BYTES: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Chunks:
    """The chunks of a file of `size` bytes."""

    size: int

    @property
    def chunk(self) -> int:
        """The bytes of every chunk but the last. A file that has no more is sent as one."""
        return min(self.size, CHUNK_BYTES)

    @property
    def count(self) -> int:
        return self.size // self.chunk

    @property
    def last(self) -> int:
        return self.count - 1

    def bounds(self, number: int) -> tuple[int, int]:
        """The first byte of a chunk, and the one after its last one."""
        start = number * self.chunk
        return start, self.size if number == self.last else start + self.chunk

    def whole(self, uploaded: int) -> int:
        """How many complete chunks are in the first `uploaded` bytes."""
        return self.count if uploaded >= self.size else uploaded // self.chunk
