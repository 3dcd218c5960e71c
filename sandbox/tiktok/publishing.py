"""What becomes of a TikTok video once its last byte is there: judged, processed, live, and only later found."""

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


def complete(world: Store, publish: Document) -> None:
    """All bytes are there: nobody can take it back from here on. Call it in the transaction that stores the last."""
    fail_reason = read_settings(world).tiktok_fail_reason or _fail_reason(probe(world.media(publish["media"])))
    post_id = None
    if publish["post_info"] and fail_reason is None:
        post_id = 7_500_000_000_000_000_000 + randbelow(10**17)
        info = publish["post_info"]
        world.post(
            platform="tiktok",
            id=str(post_id),
            account=publish["account"],
            text=info["title"],
            media=publish["media"],
            privacy=info["privacy_level"],
            ai_generated=info["is_aigc"],
            **{name: value for name, value in info.items() if name not in ("title", "privacy_level", "is_aigc")},
        )
    ended = {"completed_at": world.seconds(), "fail_reason": fail_reason, "post_id": post_id}
    world.put(KIND, publish["id"], {**publish, **ended})


def status(world: Store, publish: Document) -> dict[str, Any]:
    """The data of status/fetch. A public post's id comes some polls after the word that it is published; other posts
    never have one."""
    data: dict[str, Any] = {"uploaded_bytes": publish["stored"], "downloaded_bytes": 0}
    ends_at = (publish["completed_at"] or float("inf")) + read_settings(world).tiktok_processing_seconds
    if world.seconds() < ends_at:
        return {"status": "PROCESSING_UPLOAD", **data}
    if publish["fail_reason"]:
        return {"status": "FAILED", "fail_reason": publish["fail_reason"], **data}
    if not publish["post_info"]:
        return {"status": "SEND_TO_USER_INBOX", **data}
    world.put(KIND, publish["id"], {**publish, "polls": publish["polls"] + 1})
    is_found = publish["polls"] >= read_settings(world).tiktok_polls_before_id
    ids = [publish["post_id"]] if is_found and publish["post_info"]["privacy_level"] == PUBLIC else []
    return {"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": ids, **data}


def posted_today(world: Store, grant: Grant) -> int:
    return sum(bool(publish["post_id"]) for publish in _publications_of_last_day(world, grant))


def pending_drafts(world: Store, grant: Grant) -> int:
    return sum(not publish["post_info"] for publish in _publications_of_last_day(world, grant))


def _publications_of_last_day(world: Store, grant: Grant) -> list[Document]:
    since = world.seconds() - _DAY_SECONDS
    return [publish for publish in world.all(KIND, account=grant.account) if publish["created_at"] > since]


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
