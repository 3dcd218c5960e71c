"""HeyGen videos: validation, the queue with its ten slots, states by the virtual clock, and the wallet."""

from http import HTTPStatus
from random import Random
from secrets import token_hex
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, ValidationError

from sandbox.heygen import catalog, clips
from sandbox.heygen.protocol import api_error, invalid_parameter, not_found
from sandbox.settings import read_settings
from sandbox.store import Document, Store

KIND: Final = "heygen_video"
PAYMENT_FAILED: Final = "MOVIO_PAYMENT_INSUFFICIENT_CREDIT"

SLOTS: Final = 10
_RENDER_SECONDS: Final = (6 * 60, 20 * 60)
_WORDS_PER_SECOND: Final = 2.5
_SCRIPT_CHARACTERS: Final = 5000
_USD_PER_SECOND: Final = {"avatar_iii": 0.0167, "avatar_iv": 0.05, "avatar_v": 0.067}

State = Literal["waiting", "processing", "completed", "failed"]


class Engine(BaseModel):
    type: Literal["avatar_iii", "avatar_iv", "avatar_v"]


class Background(BaseModel):
    type: Literal["color", "image"]
    value: str | None = None
    url: str | None = None


class VoiceSettings(BaseModel):
    speed: float = Field(1.0, ge=0.5, le=1.5)


class NewVideo(BaseModel):
    """The fields of POST /v3/videos that the stand-in knows; it ignores others."""

    type: Literal["avatar"]
    avatar_id: str
    voice_id: str | None = None
    voice_settings: VoiceSettings = VoiceSettings()
    script: str
    title: str | None = None
    resolution: Literal["720p", "1080p", "4k"] = "1080p"
    aspect_ratio: Literal["16:9", "9:16", "4:5", "5:4", "1:1"] = "16:9"
    output_format: Literal["mp4"] = "mp4"
    engine: Engine = Engine(type="avatar_iv")
    background: Background | None = None
    callback_id: str | None = None
    callback_url: Annotated[str | None, Field(pattern="^https?://")] = None


def create(store: Store, base_url: str, sent: dict[str, Any]) -> Document:
    """Queue a video and charge it; `base_url` is that of its file.

    Raises ApiError `invalid_parameter`, `avatar_not_found`, `voice_not_found`, `insufficient_credit`.
    """
    new = _validated(sent)
    settings = read_settings(store)
    seconds = max(1.0, round(len(new.script.split()) / _WORDS_PER_SECOND / new.voice_settings.speed, 2))
    failure = settings.heygen_failure_code
    cost = 0.0 if failure == PAYMENT_FAILED else round(seconds * _USD_PER_SECOND[new.engine.type], 4)
    with store.transaction():
        if cost > balance(store):
            message = "The wallet's balance is too low for this video."
            raise api_error(HTTPStatus.PAYMENT_REQUIRED, "insufficient_credit", message)
        id = token_hex(16)
        starts_at = _free_slot_at(store)
        video = {
            **new.model_dump(),
            "id": id,
            "seconds": seconds,
            "cost": cost,
            "created_at": store.timestamp(),
            "starts_at": starts_at,
            "ends_at": starts_at + Random(id).uniform(*_RENDER_SECONDS),  # noqa: S311 - not a secret
            "failure_code": failure,
            "has_file": failure is None or settings.heygen_watermarks_failures,
            "base_url": base_url,
            "file_secret": token_hex(16),
            "is_notified": False,
            "is_deleted": False,
        }
        store.put(KIND, id, video)
    return video


def get(store: Store, id: str) -> Document:
    """Raises ApiError `video_not_found`."""
    video = store.get(KIND, id)
    if video is None or video["is_deleted"]:
        raise not_found("video")
    return video


def find(store: Store, title: str) -> list[Document]:
    """The videos whose title contains `title`, newest first."""
    return [
        video for video in reversed(store.find(KIND, is_deleted=0)) if title.lower() in (video["title"] or "").lower()
    ]


def delete(store: Store, id: str) -> None:
    """Delete a video; what it cost is not given back. Raises ApiError `video_not_found`."""
    with store.transaction():
        store.put(KIND, id, {**get(store, id), "is_deleted": True})


def balance(store: Store) -> float:
    """What is left in the wallet, in USD."""
    spent: float = sum(video["cost"] for video in store.find(KIND))
    return read_settings(store).heygen_wallet_usd - spent


def state(store: Store, video: Document) -> State:
    now = store.timestamp()
    if now < video["starts_at"]:
        return "waiting"
    if now < video["ends_at"]:
        return "processing"
    return "completed" if video["has_file"] else "failed"


def view(store: Store, video: Document) -> dict[str, Any]:
    """A video as GET /v3/videos shows it, where a video that waits is `pending`."""
    current = state(store, video)
    has_ended = current in ("completed", "failed")
    url_at = video["ends_at"] + read_settings(store).heygen_url_lag_seconds
    has_url = current == "completed" and store.timestamp() >= url_at
    return {
        "id": video["id"],
        "title": video["title"],
        "status": "pending" if current == "waiting" else current,
        "created_at": int(video["created_at"]),
        "completed_at": int(video["ends_at"]) if has_ended else None,
        "duration": video["seconds"] if current == "completed" else None,
        "video_url": clips.signed_url(store, video) if has_url else None,
        "captioned_video_url": None,
        "subtitle_url": None,
        "thumbnail_url": None,
        "gif_url": None,
        "video_page_url": f"https://app.heygen.com/videos/{video['id']}",
        "failure_code": video["failure_code"] if has_ended else None,
        "failure_message": failure_message(video) if has_ended else None,
        "folder_id": None,
    }


def status(store: Store, id: str) -> dict[str, Any]:
    """An entry of GET /v3/videos/statuses, where a video that waits is `queued`."""
    video = store.get(KIND, id)
    if video is None or video["is_deleted"]:
        return {"video_id": id, "status": "not_found", "batch_id": None, "item_index": None, "error": None}
    current = state(store, video)
    error = {"code": video["failure_code"], "message": failure_message(video)} if current == "failed" else None
    word = "queued" if current == "waiting" else current
    return {"video_id": id, "status": word, "batch_id": None, "item_index": None, "error": error}


def failure_message(video: Document) -> str | None:
    if video["failure_code"] == PAYMENT_FAILED:
        return "Insufficient credit. Please purchase more API credits."
    return "The video could not be rendered." if video["failure_code"] else None


def _free_slot_at(store: Store) -> float:
    """When a new video's rendering starts: at once, or when all but nine of the present ones have ended."""
    now = store.timestamp()
    ends = sorted((video["ends_at"] for video in store.find(KIND) if video["ends_at"] > now), reverse=True)
    return now if len(ends) < SLOTS else float(ends[SLOTS - 1])


def _validated(sent: dict[str, Any]) -> NewVideo:
    try:
        new = NewVideo.model_validate(sent)
    except ValidationError as error:
        first = error.errors()[0]
        raise invalid_parameter(".".join(map(str, first["loc"])), first["msg"]) from error
    if not 1 <= len(new.script) <= _SCRIPT_CHARACTERS:
        raise invalid_parameter("script", f"The script has not between 1 and {_SCRIPT_CHARACTERS} characters.")
    look = catalog.LOOKS.get(new.avatar_id)
    if look is None:
        raise not_found("avatar")
    if (new.voice_id or look["default_voice_id"]) not in catalog.VOICES:
        raise not_found("voice")
    if new.engine.type not in look["supported_api_engines"]:
        raise invalid_parameter("engine", f"The avatar does not support {new.engine.type}.")
    return new
