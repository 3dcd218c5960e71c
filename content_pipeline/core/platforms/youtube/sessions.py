"""Google's resumable uploads. A session takes the bytes of one video and tells at any time how many it has.

The last chunk creates the video, once, however often it is sent; before it nothing is visible.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx

from content_pipeline.core.errors import Error, UpstreamError
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access, Ambiguous, PreparationLost
from content_pipeline.core.platforms.file_ranges import file_range
from content_pipeline.core.platforms.response_json import json_object
from content_pipeline.core.platforms.youtube.errors import checked, commit_failure, failure
from content_pipeline.core.platforms.youtube.requests import authorization_header, call

# The size of a chunk that is not the last has to be a multiple of this.
STEP: Final = 256 * 1024
PIECE: Final = 32 * STEP
_RANGE: Final = re.compile(r"bytes=0-(\d+)")
_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
# Lost chunks in one run before a later run resumes.
_LOST_PIECES: Final = 3

Video = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Session:
    """The upload URL for a video of `size` bytes."""

    address: str
    size: int

    @property
    def last_piece(self) -> int:
        """The offset of the last chunk, which creates the video: it is small, so that its response is seldom lost."""
        return (self.size - 1) // STEP * STEP


def begin(access: Access, parts: Video, size: int) -> Session:
    """Open a session for a video of `size` bytes with these resource parts."""
    response = call(
        transport.read,
        "POST",
        "/upload/youtube/v3/videos",
        access,
        params={"uploadType": "resumable", "part": ",".join(parts), "notifySubscribers": "true"},
        headers={"X-Upload-Content-Type": "video/*", "X-Upload-Content-Length": str(size)},
        json=parts,
    )
    address = checked(response).headers.get("location")
    if not address:
        raise failure(response)
    return Session(address, size)


def stored(access: Access, session: Session) -> int | Video:
    """How many bytes the session has; with all of them, the video. Raises PreparationLost when the session is gone."""
    headers = {**authorization_header(access), "Content-Length": "0", "Content-Range": f"bytes */{session.size}"}
    return _answer(transport.read("PUT", session.address, headers=headers), failure)


def send(access: Access, session: Session, path: Path, start: int, end: int) -> int | Video:
    """Send the bytes of the file from `start` to before `end`; returns what `stored` does.

    Raises Ambiguous when it is not known whether they arrived.
    """
    headers = {
        **authorization_header(access),
        "Content-Length": str(end - start),
        "Content-Range": f"bytes {start}-{end - 1}/{session.size}",
    }
    response = transport.send("PUT", session.address, content=file_range(path, start, end), headers=headers)
    return _answer(response, commit_failure)


def fill(access: Access, session: Session, path: Path, progress: Callable[[float], None]) -> int | Video:
    """Send the missing bytes before the last chunk; returns what `stored` does."""
    have, lost = stored(access, session), 0
    while isinstance(have, int) and have < session.last_piece:
        progress(have / session.size)
        try:
            have = send(access, session, path, have, min(have + PIECE, session.last_piece))
        except Ambiguous as error:
            lost += 1
            if lost == _LOST_PIECES:
                raise UpstreamError(
                    error.detail, remedy="Nothing to do: it is retried automatically.", retryable=True
                ) from error
            have = stored(access, session)
    return have


def _answer(response: httpx.Response, failed: Callable[[httpx.Response], Error]) -> int | Video:
    if response.status_code == HTTPStatus.PERMANENT_REDIRECT:
        held = _RANGE.fullmatch(response.headers.get("range", ""))
        return int(held[1]) + 1 if held else 0
    if response.status_code in _GONE:
        raise PreparationLost(
            "YouTube does not know the upload any more.", remedy="Nothing to do: the video is sent again."
        )
    video = json_object(response)
    if not response.is_success or "id" not in video:
        raise failed(response)
    return video
