"""HeyGen's videos: submitted once, looked for by title, polled by the hundred."""

from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal

import httpx
from pydantic import BaseModel

from content_pipeline.core.avatars.heygen import client
from content_pipeline.core.avatars.heygen.errors import SERVICE, SubmissionUnknown, error_of, failed_video
from content_pipeline.core.errors import Error, UpstreamError
from content_pipeline.core.media.pace import DEFAULT_SPEED
from content_pipeline.core.settings import settings

# One in a hundred submissions takes longer than 31 s.
SUBMIT_SECONDS: Final = 120.0

_SUBMIT_TIMEOUT: Final = httpx.Timeout(SUBMIT_SECONDS, connect=10.0)
_NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.LocalProtocolError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
# A 409 says that an earlier request with the same key is still in progress.
_INCONCLUSIVE: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT})
_IDS_PER_CALL: Final = 100
_TITLES_PER_PAGE: Final = 100

State = Literal["waiting", "processing", "completed", "failed", "missing"]

# Its endpoints name the first of these states differently. A word that is not here counts as processing.
_STATES: Final[dict[str, State]] = {
    "pending": "waiting",
    "waiting": "waiting",
    "queued": "waiting",
    "processing": "processing",
    "completed": "completed",
    "failed": "failed",
    "not_found": "missing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStatus:
    """The state of a video; `missing`: HeyGen does not know it (yet, or any more).

    `video_url` expires and may come some seconds after `completed`. The failure is HeyGen's own code and message.
    """

    state: State
    video_url: str | None = None
    duration_seconds: float | None = None
    thumbnail_url: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in ("completed", "failed")


@dataclass(frozen=True, slots=True)
class Statuses:
    """The states of many videos by their ids, as far as HeyGen told them, and the first error where it did not."""

    by_id: dict[str, VideoStatus]
    error: Error | None


class _Created(BaseModel):
    video_id: str


class _Titled(BaseModel):
    id: str
    title: str | None = None


class _Video(BaseModel):
    status: str
    video_url: str | None = None
    duration: float | None = None
    thumbnail_url: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None


class _Failure(BaseModel):
    code: str | None = None
    message: str | None = None


class _Status(BaseModel):
    status: str
    video_id: str | None = None
    error: _Failure | None = None


def submit(
    *,
    render_id: str,
    script: str,
    avatar_id: str,
    voice_id: str,
    speed: float = DEFAULT_SPEED,
    callback_url: str | None = None,
    background_url: str | None = None,
) -> str:
    """Submit a portrait video; returns its id at HeyGen. `render_id` is the name by which `find` finds it.

    Raises SubmissionUnknown when HeyGen may have accepted it; after any other error it provably did not.
    """
    payload: dict[str, Any] = {
        "type": "avatar",
        "avatar_id": avatar_id,
        "voice_id": voice_id,
        "script": script,
        "title": _title(render_id),
        "callback_id": render_id,
        "aspect_ratio": "9:16",
        "resolution": settings().heygen_resolution,
        "engine": {"type": settings().heygen_engine},
    }
    if speed != DEFAULT_SPEED:
        payload["voice_settings"] = {"speed": speed}
    if callback_url:
        payload["callback_url"] = callback_url
    if background_url:
        payload["background"] = {"type": "image", "url": background_url}
    try:
        response = client.send(
            "POST", "/videos", json=payload, headers={"Idempotency-Key": render_id}, timeout=_SUBMIT_TIMEOUT
        )
    except _NOT_SENT as error:
        raise SERVICE.unreachable(type(error).__name__) from None
    except httpx.HTTPError as error:
        raise SubmissionUnknown(type(error).__name__) from None
    return _created_id(response)


def _created_id(response: httpx.Response) -> str:
    if response.is_server_error or response.status_code in _INCONCLUSIVE:
        raise SubmissionUnknown(str(response.status_code))
    if not response.is_success:
        raise error_of(response)
    try:
        return client.data_of(_Created, response).video_id
    except UpstreamError as error:
        raise SubmissionUnknown("unreadable") from error


def find(render_id: str) -> str | None:
    """The id of the newest video that was submitted under `render_id`; None when HeyGen shows none.

    Raises `heygen_unreadable` where it cannot tell: to submit the video once more costs money.
    """
    title = _title(render_id)
    found = client.all_items(_Titled, "/videos", title=title, limit=_TITLES_PER_PAGE)
    return next((video.id for video in found if video.title == title), None)


def _title(render_id: str) -> str:
    return f"content-pipeline {render_id}"


def get(video_id: str) -> VideoStatus:
    """Everything about one video. Each call gives a fresh `video_url`."""
    response = client.read(f"/videos/{video_id}")
    if response.status_code == HTTPStatus.NOT_FOUND:
        return VideoStatus(state="missing")
    video = client.data_of(_Video, response)
    state = _state(video.status)
    # When the credit is used up, a video may be `completed` with the code of a failure, and have a watermark or no
    # address.
    if state == "failed" or (state == "completed" and video.failure_code and not video.video_url):
        return VideoStatus(state="failed", failure_code=video.failure_code, failure_message=video.failure_message)
    return VideoStatus(
        state=state,
        video_url=video.video_url,
        duration_seconds=video.duration,
        thumbnail_url=video.thumbnail_url,
    )


def statuses(video_ids: Collection[str]) -> Statuses:
    """The states of many videos, without addresses and durations, which only `get` tells.

    After an error the videos of its hundred that were not told yet are left out, and all that follow where it is a
    retryable one: each would take its time. Raises nothing.
    """
    ids = list(dict.fromkeys(video_ids))
    found: dict[str, VideoStatus] = {}
    error: Error | None = None
    for start in range(0, len(ids), _IDS_PER_CALL):
        chunk, told = ids[start : start + _IDS_PER_CALL], {}
        try:
            for status in client.items(_Status, "/videos/statuses", video_ids=",".join(chunk)):
                if status.video_id in chunk:
                    told[status.video_id] = _told(status)
            found |= dict.fromkeys(chunk, VideoStatus(state="missing"))
        except Error as failed:
            error = error or failed
        found |= told
        if error and error.retryable:
            break
    return Statuses(found, error)


def _told(status: _Status) -> VideoStatus:
    failure = status.error or _Failure()
    return VideoStatus(state=_state(status.status), failure_code=failure.code, failure_message=failure.message)


def _state(word: str) -> State:
    return _STATES.get(word, "processing")


def failure(status: VideoStatus) -> Error:
    """The error for a video that failed or is missing: `avatar_credits`, `avatar_missing` or `avatar_failed`."""
    if status.state == "missing":
        return UpstreamError(
            "HeyGen does not have this video any more.", code="avatar_missing", remedy="Retry: it is rendered again."
        )
    return failed_video(status.failure_code, status.failure_message)
