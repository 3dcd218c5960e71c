"""TikTok publications after the upload: validation, processing, publishing, and a post id that appears later."""

from secrets import randbelow
from typing import Any, Final

from sandbox.media import Probe, probe
from sandbox.oauth import Grant
from sandbox.settings import read_settings
from sandbox.store import Document, Store

KIND: Final = "tiktok_publish"
PUBLIC: Final = "PUBLIC_TO_EVERYONE"
MAX_SECONDS: Final = 600
MAX_DRAFTS: Final = 5

_DAY_SECONDS: Final = 86_400


def complete(store: Store, publish: Document) -> None:
    """Validate and publish a completed upload, which is irreversible. Call it in the transaction of the last chunk."""
    video = probe(store.media_path(publish["media"]))
    fail_reason = read_settings(store).tiktok_fail_reason or _fail_reason(video)
    post_id = None
    if publish["post_info"] and fail_reason is None and video:
        post_id = 7_500_000_000_000_000_000 + randbelow(10**17)
        info = publish["post_info"]
        store.publish_post(
            platform="tiktok",
            id=str(post_id),
            account=publish["account"],
            text=info["title"],
            media=publish["media"],
            seconds=video.seconds,
            width=video.width,
            height=video.height,
            privacy=info["privacy_level"],
            ai_generated=info["is_aigc"],
            **{name: value for name, value in info.items() if name not in ("title", "privacy_level", "is_aigc")},
        )
    ended = {"completed_at": store.timestamp(), "fail_reason": fail_reason, "post_id": post_id}
    store.put(KIND, publish["id"], {**publish, **ended})


def status(store: Store, publish: Document) -> dict[str, Any]:
    """The data of status/fetch. The id of a public post appears some polls after PUBLISH_COMPLETE; other posts never
    have one."""
    data: dict[str, Any] = {"uploaded_bytes": publish["stored"], "downloaded_bytes": 0}
    ends_at = (publish["completed_at"] or float("inf")) + read_settings(store).tiktok_processing_seconds
    if store.timestamp() < ends_at:
        return {"status": "PROCESSING_UPLOAD", **data}
    if publish["fail_reason"]:
        return {"status": "FAILED", "fail_reason": publish["fail_reason"], **data}
    if not publish["post_info"]:
        return {"status": "SEND_TO_USER_INBOX", **data}
    store.put(KIND, publish["id"], {**publish, "polls": publish["polls"] + 1})
    has_id = publish["polls"] >= read_settings(store).tiktok_polls_before_id
    ids = [publish["post_id"]] if has_id and publish["post_info"]["privacy_level"] == PUBLIC else []
    return {"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": ids, **data}


def posted_today(store: Store, grant: Grant) -> int:
    return sum(bool(publish["post_id"]) for publish in _publications_of_last_day(store, grant))


def pending_drafts(store: Store, grant: Grant) -> int:
    return sum(not publish["post_info"] for publish in _publications_of_last_day(store, grant))


def _publications_of_last_day(store: Store, grant: Grant) -> list[Document]:
    since = store.timestamp() - _DAY_SECONDS
    return [publish for publish in store.find(KIND, account=grant.account) if publish["created_at"] > since]


def _fail_reason(video: Probe | None) -> str | None:
    if video is None or video.container not in ("mov", "matroska"):
        return "file_format_check_failed"
    if video.video_codec not in ("h264", "hevc", "vp8", "vp9"):
        return "file_format_check_failed"
    if not 23 <= video.frames_per_second <= 60:
        return "frame_rate_check_failed"
    if not (360 <= video.width <= 4096 and 360 <= video.height <= 4096):
        return "picture_size_check_failed"
    if not 1 <= video.seconds <= MAX_SECONDS:
        return "duration_check_failed"
    return None
