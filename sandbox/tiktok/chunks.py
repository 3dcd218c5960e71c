"""TikTok's rules for chunked uploads, from its media transfer guide."""

import re
from dataclasses import dataclass
from typing import Final

_MB: Final = 1_000_000
MIN_CHUNK_BYTES: Final = 5 * _MB
MAX_CHUNK_BYTES: Final = 64 * _MB
_MAX_CHUNKS: Final = 1000
MAX_VIDEO_BYTES: Final = 4_000 * _MB


@dataclass(frozen=True, slots=True)
class ContentRange:
    """A Content-Range header: first and last byte, and total size."""

    first: int
    last: int
    total: int

    @classmethod
    def parse(cls, header: str) -> "ContentRange | None":
        found = re.fullmatch(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", header)
        return cls(*map(int, found.groups())) if found else None


def plan_error(video_size: int, chunk_size: int, count: int) -> str | None:
    """Validate a chunk plan; returns an error message, or None if it is valid."""
    if not 0 < video_size <= MAX_VIDEO_BYTES:
        return "The video_size is not between 1 byte and 4 GB."
    if not 1 <= count <= _MAX_CHUNKS:
        return f"The total_chunk_count is not between 1 and {_MAX_CHUNKS}."
    if video_size < MIN_CHUNK_BYTES:
        whole = (chunk_size, count) == (video_size, 1)
        return None if whole else "A video of less than 5 MB is sent whole, with chunk_size equal to video_size."
    if not MIN_CHUNK_BYTES <= chunk_size <= MAX_CHUNK_BYTES:
        return "The chunk_size is not between 5 MB and 64 MB."
    if count != video_size // chunk_size:
        return "The total_chunk_count is not video_size divided by chunk_size, rounded down."
    if count == 1 and video_size > MAX_CHUNK_BYTES:
        return "A video of more than 64 MB is sent in several chunks."
    return None


def next_range(video_size: int, chunk_size: int, count: int, stored: int) -> ContentRange:
    """The range of the next chunk; the last chunk includes the remainder."""
    number = stored // chunk_size
    last = video_size if number >= count - 1 else stored + chunk_size
    return ContentRange(stored, last - 1, video_size)
