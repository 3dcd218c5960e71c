"""Byte ranges of Google's resumable upload protocol.

Content-Range: bytes 0-262143/700000     a chunk: first and last byte, and total size
Content-Range: bytes */700000            a status query: how many bytes are stored?
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from sandbox.api_error import ApiError

GRANULE: Final = 256 * 1024
_CONTENT_RANGE: Final = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<total>\d+|\*)")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes `start` (inclusive) to `end` (exclusive) of a file; none for a status query. `total` is None if unknown."""

    start: int
    end: int
    total: int | None

    @property
    def is_status_query(self) -> bool:
        return self.start == self.end

    def bytes_to_skip(self, stored: int) -> int:
        """How many bytes of the chunk are stored already. Raises ApiError if there is a gap before it."""
        if self.start > stored:
            raise upload_error(
                f"Invalid request. According to the Content-Range header, the upload offset is {self.start} byte(s), "
                f"which exceeds already uploaded size of {stored} byte(s)."
            )
        return min(stored - self.start, self.end - self.start)


def parse_chunk(content_range: str | None, content_length: int) -> Chunk:
    """Parse the chunk of a request.

    Raises ApiError if the header contradicts the Content-Length, and if a chunk other than the last is not a multiple
    of 256 KiB.
    """
    if content_range is None:
        return Chunk(0, content_length, content_length)
    match = _CONTENT_RANGE.fullmatch(content_range)
    if match is None:
        raise upload_error("Failed to parse Content-Range header.")
    total = None if match["total"] == "*" else int(match["total"])
    if match["first"] is None:
        if content_length:
            raise upload_error("Invalid request. Content-Range has no byte range, but the request has a body.")
        return Chunk(0, 0, total)
    start, end = int(match["first"]), int(match["last"]) + 1
    if end - start != content_length or (total is not None and end > total):
        raise upload_error("Invalid request. Content-Range does not match the bytes of the request.")
    if end != total and content_length % GRANULE:
        raise upload_error(
            "Invalid request. The number of bytes uploaded is required to be a multiple of 262144, except for the "
            f"final request. The received request contained {content_length} bytes, which does not meet this "
            "requirement."
        )
    return Chunk(start, end, total)


def kept_bytes(received: int, total: int | None) -> int:
    """How many received bytes are kept after a broken connection: whole granules, or the whole file."""
    return received if received == total else received - received % GRANULE


def upload_error(message: str) -> ApiError:
    """An error of Google's upload server, in plain text."""
    return ApiError(HTTPStatus.BAD_REQUEST, message)
