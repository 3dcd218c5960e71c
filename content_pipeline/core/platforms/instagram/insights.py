"""Instagram Insights client: media totals, daily account metrics, follower demographics.

Insights that do not exist (yet) are missing, not zero, and may be late by two days. One metric that a media does not
have fails the whole call. Accounts have no totals since they were opened: likes and views come as the total of any
range, so that each day costs a call.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.call_limits import ensure_not_cooling_down, start_cooldown
from content_pipeline.core.platforms.insights import (
    AudienceShare,
    DayFigures,
    Dimension,
    Figures,
    ListedPost,
    Metric,
    finished_days,
    scope_needed,
    shares_of_counts,
    without_empty_average,
)
from content_pipeline.core.platforms.instagram import errors, graph
from content_pipeline.core.platforms.malformed_posts import id_text, readable_figures, readable_posts, time_of
from content_pipeline.core.platforms.response_json import json_object

SCOPES: Final = ("instagram_business_basic", "instagram_business_manage_insights")
# Days end at midnight in California: 07:00 or 08:00 UTC.
_ZONE: Final = ZoneInfo("America/Los_Angeles")
_PAGE: Final = 50
# The metrics of media, each with the divisor that gives our unit: watch times are in milliseconds.
_MEDIA: Final[dict[Metric, tuple[str, int]]] = {
    "views": ("views", 1),
    "reach": ("reach", 1),
    "likes": ("likes", 1),
    "comments": ("comments", 1),
    "shares": ("shares", 1),
    "saves": ("saved", 1),
    "watch_seconds": ("ig_reels_video_view_total_time", 1000),
    "average_view_seconds": ("ig_reels_avg_watch_time", 1000),
}
_REELS: Final = "ig_reels_"
# Instagram gives these metrics of accounts as totals of a range of days.
_TOTALS: Final[dict[Metric, str]] = {
    "views": "views",
    "likes": "likes",
    "comments": "comments",
    "shares": "shares",
    "saves": "saves",
}
# Instagram gives these metrics of accounts by day.
_SERIES: Final[dict[Metric, str]] = {"reach": "reach", "followers_gained": "follower_count"}
# A range has at most 30 days of 24 hours: 30 days with the change to winter time are too many by an hour.
_SERIES_DAYS: Final = 29
# Followers gained are kept for 30 days.
_FOLLOWER_DAYS: Final = 29
_GENDERS: Final = {"F": "female", "M": "male", "U": "other"}
_BREAKDOWNS: Final[tuple[Dimension, ...]] = ("age", "country", "gender")

Insight = dict[str, Any]


class InstagramInsights:
    names: Mapping[Metric, str] = {
        **{metric: name for metric, (name, _) in _MEDIA.items()},
        **_SERIES,
        "followers": "followers_count",
    }
    scopes: Sequence[str] = SCOPES
    days_in: ZoneInfo | None = _ZONE

    def __init__(self) -> None:
        # The metrics that a media was found not to have. A photo has no watch time, and old media no views.
        self._refused: dict[str, frozenset[str]] = {}

    def list_posts(self, access: Access, *, since: datetime) -> Iterator[ListedPost]:
        """Photos too, without `seconds`: Instagram does not tell how long a video is."""
        query: dict[str, str | int] = {"fields": "id,caption,permalink,timestamp", "limit": _PAGE}
        while True:
            page = _get(access, f"{access.user_id}/media", **query)
            posts = readable_posts("instagram", page["data"], _listed)
            fresh = [post for post in posts if post.published_at >= since]
            yield from fresh
            paging = page.get("paging", {})
            if len(fresh) < len(posts) or "next" not in paging:
                return
            query["after"] = paging["cursors"]["after"]

    def read_posts(self, access: Access, post_ids: Collection[str]) -> Mapping[str, Figures]:
        answers = {}
        for id in post_ids:
            try:
                answers[id] = self._ask_media(access, id)
            except errors.Invisible:
                continue
        return readable_figures("instagram", answers, _of_media)

    def read_account(self, access: Access) -> Figures:
        return {"followers": _get(access, access.user_id, fields="followers_count")["followers_count"]}

    def read_days(self, access: Access, first: date, last: date) -> Sequence[DayFigures]:
        days = finished_days(first, last, _ZONE)
        kept_since = now().astimezone(_ZONE).date() - timedelta(days=_FOLLOWER_DAYS)
        found: dict[date, dict[Metric, float]] = {day: _totals(access, day) for day in days}
        asked: dict[Metric, Sequence[date]] = {
            "reach": days,
            "followers_gained": [day for day in days if day >= kept_since],
        }
        for metric, some in asked.items():
            for day, value in _series(access, _SERIES[metric], some):
                found[day][metric] = value
        return [DayFigures(day, figures) for day, figures in found.items() if figures]

    def read_audience(self, access: Access) -> Sequence[AudienceShare]:
        """The followers: nothing below a hundred, and the 45 largest groups above."""
        return [share for dimension in _BREAKDOWNS for share in _followers_by(access, dimension)]

    def _ask_media(self, access: Access, id: str) -> dict[str, Any]:
        known = self._refused.get(id, frozenset())
        asked = [name for name, _ in _MEDIA.values() if name not in known]
        answer, refused = _ask_insights(access, id, asked, period="lifetime")
        if refused:
            self._refused[id] = known | refused
        return answer


def _listed(media: dict[str, Any]) -> ListedPost:
    return ListedPost(
        id_text(media["id"]), media.get("permalink"), media.get("caption") or "", time_of(media["timestamp"]), None
    )


def _of_media(answer: dict[str, Any]) -> Figures:
    insights = _by_name(answer).items()
    values = {name: insight["values"][0]["value"] for name, insight in insights if insight["values"]}
    return without_empty_average(
        {metric: values[name] / divisor for metric, (name, divisor) in _MEDIA.items() if name in values}
    )


def _series(access: Access, name: str, days: Sequence[date]) -> Iterator[tuple[date, float]]:
    """The values of these days, which follow each other."""
    for start in range(0, len(days), _SERIES_DAYS):
        chunk = days[start : start + _SERIES_DAYS]
        insights = _insights(access, [name], period="day", **_range(chunk[0], chunk[-1]))
        for value in insights.get(name, {}).get("values", ()):
            day = _ended(value["end_time"])
            if day in chunk:
                yield day, value["value"]


def _totals(access: Access, day: date) -> dict[Metric, float]:
    """What came to the account in a day."""
    insights = _insights(access, _TOTALS.values(), metric_type="total_value", period="day", **_range(day, day))
    return {
        metric: insights[name]["total_value"]["value"]
        for metric, name in _TOTALS.items()
        if "total_value" in insights.get(name, {})
    }


def _followers_by(access: Access, dimension: Dimension) -> Sequence[AudienceShare]:
    name = "follower_demographics"
    query = {"metric_type": "total_value", "period": "lifetime", "timeframe": "this_month", "breakdown": dimension}
    insights = _insights(access, [name], **query)
    breakdowns = insights.get(name, {}).get("total_value", {}).get("breakdowns", ())
    counts = {row["dimension_values"][0]: row["value"] for found in breakdowns for row in found.get("results", ())}
    if dimension == "gender":
        counts = {_GENDERS[gender]: count for gender, count in counts.items()}
    return shares_of_counts(dimension, counts)


def _range(first: date, last: date) -> dict[str, int]:
    """The seconds at which a day begins and another one ends."""
    until = datetime.combine(last + timedelta(days=1), time(), _ZONE)
    return {"since": int(datetime.combine(first, time(), _ZONE).timestamp()), "until": int(until.timestamp())}


def _ended(moment: str) -> date:
    """The day that ends at that time, also when Instagram does not follow the clock change."""
    return (datetime.fromisoformat(moment).astimezone(_ZONE) - timedelta(hours=1)).date()


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────


def _insights(access: Access, metrics: Collection[str], **query: str | int) -> dict[str, Insight]:
    """The insights of an account by name."""
    answer, _ = _ask_insights(access, access.user_id, metrics, **query)
    return _by_name(answer)


def _by_name(answer: dict[str, Any]) -> dict[str, Insight]:
    return {insight["name"]: insight for insight in answer["data"]}


def _ask_insights(
    access: Access, of: str, metrics: Collection[str], **query: str | int
) -> tuple[dict[str, Any], frozenset[str]]:
    """The answer about insights of an account or a media, and the metrics that it was found not to have.

    Watch times are refused one by one, but a media has both of them or none.
    """
    asked, refused = list(metrics), frozenset[str]()
    while asked:
        response = _ask(access, f"{of}/insights", metric=",".join(asked), **query)
        if errors.has_no_insights(response):
            break
        wrong = errors.refused_metrics(response, asked)
        if not wrong:
            return _body(response), refused
        if any(name.startswith(_REELS) for name in wrong):
            wrong |= {name for name in asked if name.startswith(_REELS)}
        refused |= wrong
        asked = [name for name in asked if name not in wrong]
    return {"data": []}, refused


def _get(access: Access, path: str, **query: str | int) -> dict[str, Any]:
    return _body(_ask(access, path, **query))


def _ask(access: Access, path: str, **query: str | int) -> httpx.Response:
    """A response of any status. At 90 % of a limit the account is left to publishing."""
    ensure_not_cooling_down("instagram", access.user_id)
    response = graph.ask(access, path, **query)
    if seconds := graph.cooldown_seconds(response):
        start_cooldown("instagram", access.user_id, seconds)
    return response


def _body(response: httpx.Response) -> dict[str, Any]:
    """Its JSON. Raises what `errors.failure` makes of a refusal."""
    found = json_object(response)
    if response.is_success and found:
        return found
    with scope_needed():
        raise errors.failure(response)
