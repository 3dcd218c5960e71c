"""LinkedIn's multipart video upload: parts, captions and thumbnail, then polling until the video is processed.

Nothing of it is visible, so every request may be repeated. State of an upload: `video` (URN); `token`; `expires_at` in
milliseconds, 0 where LinkedIn does not tell it; `parts`, each with its URL and its first and last byte; `etags` of the
parts that are uploaded; `captions` and `thumbnail`, the URLs for these; `finalized`.
"""

import json
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import structlog

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access, Post, PreparationLost, Processing, Ready
from content_pipeline.core.platforms.file_ranges import file_range
from content_pipeline.core.platforms.linkedin.errors import checked, codes, failure, unusable_video
from content_pipeline.core.platforms.linkedin.requests import call, member_urn
from content_pipeline.core.platforms.response_json import json_object

log = structlog.get_logger()

Upload = dict[str, Any]

# Statuses of an upload URL that has expired.
_GONE: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
POLL_SECONDS: Final = 1.0
_ASK_AGAIN_SECONDS: Final = 15.0


def begin(access: Access, post: Post) -> Upload:
    """Initialize an upload; returns its state."""
    body = {
        "owner": member_urn(access),
        "fileSizeBytes": post.video.media.bytes,
        "uploadCaptions": post.captions is not None,
        "uploadThumbnail": post.cover is not None,
    }
    path = "/rest/videos?action=initializeUpload"
    response = call(transport.read, "POST", path, access, content=json.dumps({"initializeUploadRequest": body}))
    value = json_object(checked(response)).get("value")
    if not value:
        raise failure(response)
    return {
        "video": value["video"],
        "token": value["uploadToken"],
        "expires_at": value.get("uploadUrlsExpireAt", 0),
        "parts": [[part["uploadUrl"], part["firstByte"], part["lastByte"]] for part in value["uploadInstructions"]],
        "etags": [],
        "captions": value.get("captionsUploadUrl"),
        "thumbnail": value.get("thumbnailUploadUrl"),
        "finalized": False,
    }


def finish(
    access: Access,
    post: Post,
    upload: Upload,
    *,
    keep: Callable[[Upload], None],
    progress: Callable[[float], None],
) -> Upload:
    """Upload the remaining parts and finalize; returns the new state. Raises PreparationLost for expired URLs."""
    for address, first, last in upload["parts"][len(upload["etags"]) :]:
        etag = _upload_part(upload, address, post.video.path, first, last + 1)
        upload = {**upload, "etags": [*upload["etags"], etag]}
        keep(upload)
        progress(len(upload["etags"]) / len(upload["parts"]))
    if post.captions:
        _upload_extra(upload, "captions", post.captions.srt.encode())
    if post.cover:
        _upload_extra(upload, "thumbnail", post.cover[0].read_bytes())
    _finalize(access, upload)
    return {**upload, "finalized": True}


def wait_until_processed(access: Access, upload: Upload, *, patience: float) -> Ready | Processing:
    """Poll a finalized upload for up to `patience` seconds.

    Raises Refused `linkedin_media_failed`, and PreparationLost when the video is gone.
    """
    give_up = time.monotonic() + patience
    while _status(access, upload) != "AVAILABLE":
        if time.monotonic() >= give_up:
            return Processing(_ASK_AGAIN_SECONDS)
        time.sleep(POLL_SECONDS)
    return Ready()


def _upload_part(upload: Upload, address: str, path: Path, start: int, end: int) -> str:
    """Upload the bytes from `start` to before `end`; returns their ETag."""
    if 0 < upload["expires_at"] < now().timestamp() * 1000:
        raise PreparationLost("LinkedIn waited too long for the video.", remedy="Nothing to do: it is sent again.")
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(end - start)}
    response = transport.read("PUT", address, content=file_range(path, start, end), headers=headers)
    if response.status_code in _GONE or "EXPIRED_UPLOAD_URL" in codes(response):
        raise PreparationLost(
            "LinkedIn takes no more of this upload.", remedy="Nothing to do: the video is sent again."
        )
    etag: str = checked(response).headers.get("etag", "")
    return etag


def _upload_extra(upload: Upload, name: str, content: bytes) -> None:
    """Upload the captions or the thumbnail. A refusal is logged only: the post goes out without them."""
    address = upload[name]
    if address is None:  # they were added after the upload was initialized without them
        return
    response = transport.read("PUT", address, content=content, headers={"Content-Type": "application/octet-stream"})
    if not response.is_success:
        log.warning("linkedin_addition_refused", name=name, video=upload["video"], status=response.status_code)


def _finalize(access: Access, upload: Upload) -> None:
    body = {"video": upload["video"], "uploadToken": upload["token"], "uploadedPartIds": upload["etags"]}
    path = "/rest/videos?action=finalizeUpload"
    response = call(transport.read, "POST", path, access, content=json.dumps({"finalizeUploadRequest": body}))
    if response.is_client_error and _status(access, upload) in ("PROCESSING", "AVAILABLE"):
        return  # an earlier attempt, whose response was lost, has finalized it
    checked(response)


def _status(access: Access, upload: Upload) -> str:
    """`WAITING_UPLOAD`, `PROCESSING` or `AVAILABLE`."""
    response = call(transport.read, "GET", f"/rest/videos/{quote(upload['video'], safe='')}", access)
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise PreparationLost("LinkedIn does not have the video any more.", remedy="Nothing to do: it is sent again.")
    video = json_object(checked(response))
    if video.get("status") == "PROCESSING_FAILED":
        raise unusable_video(str(video.get("processingFailureReason") or ""))
    return str(video.get("status"))
