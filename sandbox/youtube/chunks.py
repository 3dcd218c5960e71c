"""The arithmetic of a resumable upload at Google: which bytes a request brings, and which of them are taken.

Content-Range: bytes 0-262143/700000     these bytes of so many
Content-Range: bytes */700000            none: how far did I get?
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
    """The bytes `start` to before `end` of a file; none of them when it only asks. `total` is None while unknown."""

    start: int
    end: int
    total: int | None

    @property
    def asks(self) -> bool:
        return self.start == self.end

    def skipped(self, stored: int) -> int:
        """How many of its bytes are stored already. Raises Refusal when some before it are missing."""
        if self.start > stored:
            raise upload_error(
                f"Invalid request. According to the Content-Range header, the upload offset is {self.start} byte(s), "
                f"which exceeds already uploaded size of {stored} byte(s)."
            )
        return min(stored - self.start, self.end - self.start)


def parse_chunk(content_range: str | None, content_length: int) -> Chunk:
    """What a request brings.

    Raises Refusal for a header that says something else than the request does, and for a piece that is not the last
    and no multiple of 256 KiB.
    """
    if content_range is None:
        return Chunk(0, content_length, content_length)
    match = _CONTENT_RANGE.fullmatch(content_range)
    if match is None:
        raise upload_error("Failed to parse Content-Range header.")
    total = None if match["total"] == "*" else int(match["total"])
    if match["first"] is None:
        if content_length:
            raise upload_error("Invalid request. Content-Range names no bytes, but the request has some.")
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
    """How many of the bytes that arrived outlast a connection that broke: whole granules, or the whole file."""
    return received if received == total else received - received % GRANULE


def upload_error(sentence: str) -> ApiError:
    """Google's upload server speaks plain text."""
    return ApiError(HTTPStatus.BAD_REQUEST, sentence)
