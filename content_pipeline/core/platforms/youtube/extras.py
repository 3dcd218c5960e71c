"""Adds thumbnail and captions, which YouTube takes only after the upload of the video."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from content_pipeline.core.errors import Error
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access, Captions, Post
from content_pipeline.core.platforms.youtube.errors import checked
from content_pipeline.core.platforms.youtube.requests import call

log = structlog.get_logger()

_BOUNDARY: Final = "captions-of-the-video"
_PNG: Final = b"\x89PNG"


def try_add(access: Access, post: Post, video_id: str) -> None:
    """Add what the post has of them, once. A refusal is logged only: the video is out already."""
    if post.cover:
        with _unless_refused(video_id):  # refused for channels without a verified phone number
            _set_thumbnail(access, post.cover[0].read_bytes(), video_id)
    if post.captions:
        with _unless_refused(video_id):  # refused for captions that are there already
            _insert_captions(access, post.captions, video_id)


@contextmanager
def _unless_refused(video_id: str) -> Iterator[None]:
    try:
        yield
    except Error as error:
        log.warning("youtube_addition_refused", video=video_id, code=error.code, reason=error.detail)


def _set_thumbnail(access: Access, picture: bytes, video_id: str) -> None:
    kind = "image/png" if picture.startswith(_PNG) else "image/jpeg"
    query = {"uploadType": "media", "videoId": video_id}
    path, headers = "/upload/youtube/v3/thumbnails/set", {"Content-Type": kind}
    checked(call(transport.send, "POST", path, access, params=query, headers=headers, content=picture))


def _insert_captions(access: Access, captions: Captions, video_id: str) -> None:
    # A track without a name is shown by its language.
    snippet = {"videoId": video_id, "language": captions.language, "name": "", "isDraft": False}
    query = {"uploadType": "multipart", "part": "snippet"}
    path, headers = "/upload/youtube/v3/captions", {"Content-Type": f"multipart/related; boundary={_BOUNDARY}"}
    body = (
        f"--{_BOUNDARY}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps({'snippet': snippet})}\r\n"
        f"--{_BOUNDARY}\r\nContent-Type: application/octet-stream\r\n\r\n{captions.srt}\r\n"
        f"--{_BOUNDARY}--\r\n"
    )
    checked(call(transport.send, "POST", path, access, params=query, headers=headers, content=body.encode()))
