"""YouTube analytics client: totals by the Data API, daily metrics and audience by the Analytics API.

Each list call of the Data API costs a unit of the project's quota, which publishing needs too. The Analytics API has a
quota of its own. Its reports lag by two to three days: rows of the days before are missing or grow, and `rows` itself
is missing in an empty report.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.rate_limits import Rate
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access, Refused
from content_pipeline.core.platforms.call_limits import take_share
from content_pipeline.core.platforms.insights import (
    AudienceShare,
    DayFigures,
    Figures,
    ListedPost,
    Metric,
    batches,
    finished_days,
    scope_needed,
    shares_of_counts,
    without_empty_average,
)
from content_pipeline.core.platforms.malformed_posts import (
    id_text,
    readable,
    readable_by_id,
    readable_figures,
    readable_posts,
    time_of,
)
from content_pipeline.core.platforms.response_json import json_object
from content_pipeline.core.platforms.youtube.errors import Missing, checked
from content_pipeline.core.platforms.youtube.requests import call, list_page

SCOPES: Final = (
    "https://www.googleapis.com/auth/youtube.readonly",
    "https://www.googleapis.com/auth/yt-analytics.readonly",
)
_ANALYTICS: Final = "youtubeanalytics.googleapis.com"
_ZONE: Final = ZoneInfo("America/Los_Angeles")
# Reading figures takes 2,000 of the 10,000 units a day. A post with captions and a thumbnail costs about 460, so 13
# such posts remain possible on a day on which figures take twice their share. 80 channels with 50 new videos each need
# 2,000 units a day.
READS_SHARE: Final = Rate(2000, 24 * 3600)
# The most that the Data API takes and returns in one call.
_PAGE: Final = 50
_TOTALS: Final[dict[Metric, str]] = {"views": "viewCount", "likes": "likeCount", "comments": "commentCount"}
# Columns of a report, with the factor to our unit.
_DAILY: Final[dict[Metric, tuple[str, int]]] = {
    "views": ("views", 1),
    "likes": ("likes", 1),
    "comments": ("comments", 1),
    "shares": ("shares", 1),
    "watch_seconds": ("estimatedMinutesWatched", 60),
    "average_view_seconds": ("averageViewDuration", 1),
}
_GAINED, _LOST = "subscribersGained", "subscribersLost"
_AUDIENCE_DAYS: Final = 90
_DURATION: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_GENDERS: Final = {"female": "female", "male": "male"}
_UNKNOWN_COUNTRY: Final = "ZZ"

Row = dict[str, Any]


class YouTubeInsights:
    names: Mapping[Metric, str] = {
        **{metric: column for metric, (column, _) in _DAILY.items()},
        "followers": "subscriberCount",
        "followers_gained": f"{_GAINED} - {_LOST}",
    }
    scopes: Sequence[str] = SCOPES
    days_in: ZoneInfo | None = _ZONE

    def list_posts(self, access: Access, *, since: datetime) -> Iterator[ListedPost]:
        """Videos that are not published (private, scheduled) have no time at which they were, and are left out."""
        query = {"part": "contentDetails", "maxResults": str(_PAGE)}
        query["playlistId"] = _channel(access, "contentDetails")["relatedPlaylists"]["uploads"]
        while True:
            try:
                page = _page(access, "playlistItems", **query)
            except Missing:
                return
            listed = readable("youtube", page["items"], _publication)
            published = {id: moment for id, moment in listed if moment}
            fresh = {id: moment for id, moment in published.items() if moment >= since}
            yield from _described(access, fresh)
            if len(fresh) < len(published) or "nextPageToken" not in page:
                return
            query["pageToken"] = page["nextPageToken"]

    def read_posts(self, access: Access, post_ids: Collection[str]) -> Mapping[str, Figures]:
        videos = _videos(access, post_ids, "snippet,statistics")
        told = [video for video in videos.values() if video]
        others = {id for id, channel in readable("youtube", told, _channel_of) if channel != access.user_id}
        own = {id: video for id, video in videos.items() if id not in others}
        return readable_figures("youtube", own, _counted)

    def read_account(self, access: Access) -> Figures:
        """YouTube rounds down the number of subscribers to three figures."""
        statistics = _channel(access, "statistics")
        figures: dict[Metric, float] = {"views": int(statistics["viewCount"])}
        if not statistics["hiddenSubscriberCount"]:
            figures["followers"] = int(statistics["subscriberCount"])
        return figures

    def read_days(self, access: Access, first: date, last: date) -> Sequence[DayFigures]:
        days = finished_days(first, last, _ZONE)
        if not days:
            return []
        period = {"startDate": str(days[0]), "endDate": str(days[-1])}
        columns = ",".join([*(column for column, _ in _DAILY.values()), _GAINED, _LOST])
        found = _report(access, metrics=columns, dimensions="day", sort="day", **period)
        return [DayFigures(date.fromisoformat(row["day"]), _of_day(row)) for row in found]

    def read_audience(self, access: Access) -> Sequence[AudienceShare]:
        """Who watched in the last 90 days. Too few viewers of a group are left out by YouTube."""
        today = now().astimezone(_ZONE).date()
        period = {"startDate": str(today - timedelta(days=_AUDIENCE_DAYS)), "endDate": str(today - timedelta(days=1))}
        people = _report(access, metrics="viewerPercentage", dimensions="ageGroup,gender", **period)
        places = _report(access, metrics="views", dimensions="country", sort="-views", **period)
        ages, genders = defaultdict[str, float](float), defaultdict[str, float](float)
        for row in people:
            ages[_age(row["ageGroup"])] += row["viewerPercentage"] / 100
            genders[_GENDERS.get(row["gender"], "other")] += row["viewerPercentage"] / 100
        return [
            *(AudienceShare("age", group, share) for group, share in ages.items()),
            *(AudienceShare("gender", gender, share) for gender, share in genders.items()),
            *shares_of_counts(
                "country", {row["country"]: row["views"] for row in places if row["country"] != _UNKNOWN_COUNTRY}
            ),
        ]


def _page(access: Access, what: str, **query: str) -> dict[str, Any]:
    """A page of the Data API. Raises TooManyRequests when the share of the quota is used up."""
    take_share("youtube:units", access.user_id, READS_SHARE, shared_on="youtube")
    with scope_needed():
        return list_page(access, what, **query)


def _channel(access: Access, part: str) -> dict[str, Any]:
    """A part of the account's channel. Raises Refused `no_channel` when it is gone."""
    channels = _page(access, "channels", part=part, mine="true").get("items")
    if not channels:
        raise Refused(
            "The account has no YouTube channel any more.",
            code="no_channel",
            remedy="Make a channel on youtube.com, then connect the account again.",
        )
    found: dict[str, Any] = channels[0][part]
    return found


def _videos(access: Access, ids: Collection[str], part: str) -> dict[str, Row | None]:
    """These parts of the videos that exist, by id; None for one that may be among them."""
    videos: dict[str, Row | None] = {}
    for some in batches(ids, _PAGE):
        page = _page(access, "videos", part=part, id=",".join(some))
        videos |= readable_by_id("youtube", page["items"], some)
    return videos


def _publication(item: Row) -> tuple[str, datetime | None]:
    """The id of a video of the playlist, and when it was published; None where it is not."""
    video = item["contentDetails"]
    return id_text(video["videoId"]), time_of(video["videoPublishedAt"]) if "videoPublishedAt" in video else None


def _channel_of(video: Row) -> tuple[str, str]:
    return video["id"], id_text(video["snippet"]["channelId"])


def _described(access: Access, published: Mapping[str, datetime]) -> Sequence[ListedPost]:
    """The videos of a page of the playlist with their texts, in its order."""
    videos = _videos(access, published, "snippet,contentDetails")
    found = [video for id in published if (video := videos.get(id))]
    return readable_posts("youtube", found, lambda video: _listed(video, published[video["id"]]))


def _listed(video: Row, published_at: datetime) -> ListedPost:
    texts = (video["snippet"]["title"], video["snippet"]["description"])
    return ListedPost(
        video["id"],
        transport.url("www.youtube.com", f"/watch?v={video['id']}"),
        "\n\n".join(filter(None, texts)),
        published_at,
        _seconds(video["contentDetails"]["duration"]),
    )


def _seconds(duration: str) -> float | None:
    """The seconds of an ISO 8601 duration like `PT1M5S`; None for `P0D`, which is of what is still processed."""
    found = _DURATION.fullmatch(duration)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0, 0)
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds or None


def _counted(video: Row) -> Figures:
    """Counts come as text; those that the owner hides do not come."""
    statistics = video["statistics"]
    return {metric: int(count) for metric, name in _TOTALS.items() if (count := statistics.get(name)) is not None}


def _report(access: Access, **query: str) -> list[Row]:
    """The rows of a report, by the names of their columns."""
    with scope_needed():
        response = checked(
            call(
                transport.read, "GET", "/v2/reports", access,
                host=_ANALYTICS, params={"ids": "channel==MINE", **query},
            )
        )  # fmt: skip
    table = json_object(response)
    columns = [column["name"] for column in table.get("columnHeaders", ())]
    return [dict(zip(columns, row, strict=True)) for row in table.get("rows", ())]


def _of_day(row: Row) -> Figures:
    figures: dict[Metric, float] = {metric: row[column] * factor for metric, (column, factor) in _DAILY.items()}
    return without_empty_average({**figures, "followers_gained": row[_GAINED] - row[_LOST]})


def _age(group: str) -> str:
    """`age25-34` as `25-34`, and the open `age65-` as `65+`."""
    return re.sub(r"-$", "+", group.removeprefix("age"))
