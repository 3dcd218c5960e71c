"""Queries the stored videos of channels, without those that were deleted."""

from typing import Any, Final

from sandbox.store import Document, Store

KIND: Final = "youtube_video"


def get_video(store: Store, id: str) -> Document | None:
    post = store.get("post", f"youtube:{id}")
    return None if post and post.get("deleted_at") else store.get(KIND, id)


def delete_video(store: Store, id: str) -> None:
    """Delete a video, and its post unless its processing failed."""
    if not store.delete_post("youtube", id):
        store.delete(KIND, id)


def videos_of(store: Store, channel: str) -> list[Document]:
    """The channel's videos, newest first, with those whose processing failed."""
    deleted = {post["id"] for post in store.find("post", platform="youtube", account=channel) if post.get("deleted_at")}
    found = [video for video in store.find(KIND, channel=channel) if video["id"] not in deleted]
    return sorted(found, key=lambda video: video["created_at"], reverse=True)


def add_video(
    store: Store,
    *,
    id: str,
    channel: str,
    channel_title: str,
    metadata: Document,
    file: str,
    seconds: float | None,
    failure: str | None,
    time: float | None = None,
    **extra: Any,
) -> None:
    """Add a video, now or at `time` in the past, and its post unless processing will fail. `metadata` is that of
    `resources.Video`; `extra` holds more fields of the post."""
    created_at = store.timestamp() if time is None else time
    video = {
        "id": id,
        "channel": channel,
        "channel_title": channel_title,
        "metadata": metadata,
        "file": file,
        "created_at": created_at,
        "seconds": seconds,
        "failure": failure,
        "cover": None,
        "captions": [],
    }
    store.put(KIND, id, video)
    if failure:
        return
    snippet = metadata["snippet"]
    store.publish_post(
        platform="youtube",
        id=id,
        account=channel,
        text=snippet["description"],
        media=file,
        seconds=seconds,
        time=created_at,
        title=snippet["title"],
        tags=snippet["tags"],
        privacy=metadata["status"]["privacyStatus"],
        ai_generated=metadata["status"]["containsSyntheticMedia"],
        captions=None,
        cover=None,
        **extra,
    )
