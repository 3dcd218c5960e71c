"""TikTok analytics client: lifetime totals of public videos and of accounts. TikTok has no daily metrics."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.insights import (
    AudienceShare,
    DayFigures,
    Figures,
    ListedPost,
    Metric,
    batches,
    scope_needed,
)
from content_pipeline.core.platforms.malformed_posts import id_text, readable_by_id, readable_figures, readable_posts
from content_pipeline.core.platforms.tiktok import api

SCOPES: Final = ("user.info.stats", "video.list")
# The most that TikTok takes and returns in one call.
_PAGE: Final = 20
_OF_VIDEO: Final[dict[Metric, str]] = {
    "views": "view_count",
    "likes": "like_count",
    "comments": "comment_count",
    "shares": "share_count",
}
_OF_ACCOUNT: Final[dict[Metric, str]] = {"followers": "follower_count", "likes": "likes_count"}


class TikTokInsights:
    names: Mapping[Metric, str] = {**_OF_ACCOUNT, **_OF_VIDEO}
    scopes: Sequence[str] = SCOPES
    days_in: ZoneInfo | None = None

    def list_posts(self, access: Access, *, since: datetime) -> Iterator[ListedPost]:
        """Public videos only; a new one when its moderation is over."""
        body: dict[str, Any] = {"max_count": _PAGE}
        while True:
            page = _call(access, api.VIDEO_LIST, body, "id,create_time,share_url,video_description,duration")
            videos = readable_posts("tiktok", page.get("videos", ()), _listed)
            fresh = [video for video in videos if video.published_at >= since]
            yield from fresh
            if len(fresh) < len(videos) or not page.get("has_more"):
                return
            body["cursor"] = page["cursor"]

    def read_posts(self, access: Access, post_ids: Collection[str]) -> Mapping[str, Figures]:
        videos: dict[str, Any] = {}
        for ids in batches(post_ids, _PAGE):
            body = {"filters": {"video_ids": ids}}
            page = _call(access, api.VIDEO_QUERY, body, ",".join(["id", *_OF_VIDEO.values()]))
            videos |= readable_by_id("tiktok", page.get("videos", ()), ids)
        return readable_figures("tiktok", videos, partial(_figures, names=_OF_VIDEO))

    def read_account(self, access: Access) -> Figures:
        return _figures(_call(access, api.USER_INFO, None, ",".join(_OF_ACCOUNT.values()))["user"], _OF_ACCOUNT)

    def read_days(self, access: Access, first: date, last: date) -> Sequence[DayFigures]:
        return []

    def read_audience(self, access: Access) -> Sequence[AudienceShare]:
        return []


def _call(access: Access, what: str, body: dict[str, Any] | None, fields: str) -> dict[str, Any]:
    with scope_needed():
        return api.call(access, what, body, fields=fields)


def _listed(video: dict[str, Any]) -> ListedPost:
    link, _, _ = video["share_url"].partition("?")  # with the name of our app in it
    return ListedPost(
        id_text(video["id"]),
        link,
        video["video_description"] or "",
        datetime.fromtimestamp(video["create_time"], UTC),
        video["duration"],
    )


def _figures(found: dict[str, Any], names: Mapping[Metric, str]) -> Figures:
    return {metric: found[name] for metric, name in names.items() if name in found}
