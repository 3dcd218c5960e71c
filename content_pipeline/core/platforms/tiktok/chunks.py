"""How a video is cut for TikTok: in equal chunks, of which the last takes the remainder too."""

from dataclasses import dataclass
from typing import Final

# 5 to 64 MB are allowed for a chunk, and up to 128 MB for the last. The last one is the post, so it is kept small:
# the shorter it is on its way, the less can befall it.
CHUNK_BYTES: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Chunks:
    """The cut of a file of `size` bytes."""

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
        """How many chunks are in so many bytes."""
        return self.count if uploaded >= self.size else uploaded // self.chunk
