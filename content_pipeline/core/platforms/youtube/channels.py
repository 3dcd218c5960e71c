"""Reads a channel's videos."""

from datetime import datetime
from typing import Any

from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.youtube.requests import list_page


def status(access: Access, video_id: str) -> dict[str, Any] | None:
    """The `status` part of a video; None when there is no such video."""
    found = _listed(access, "videos", part="status", id=video_id)
    return found[0]["status"] if found else None


def uploaded(access: Access, title: str, since: datetime) -> list[str]:
    """The ids of the channel's newest videos with that title, uploaded at or after `since`."""
    own = _listed(access, "channels", part="contentDetails", mine="true")
    if not own:
        return []
    uploads = own[0]["contentDetails"]["relatedPlaylists"]["uploads"]
    newest = _listed(access, "playlistItems", part="snippet", playlistId=uploads, maxResults="50")
    return [
        item["snippet"]["resourceId"]["videoId"]
        for item in newest
        if item["snippet"]["title"] == title and datetime.fromisoformat(item["snippet"]["publishedAt"]) >= since
    ]


def _listed(access: Access, what: str, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = list_page(access, what, **query).get("items", [])
    return items
