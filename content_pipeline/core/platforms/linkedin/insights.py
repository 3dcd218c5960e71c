"""LinkedIn member analytics client (Community Management API): one metric per call.

The posts of a member cannot be listed. Totals are of a post, or of all of the member's posts; daily figures are growth.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx

from content_pipeline.core.infrastructure.rate_limits import Rate
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.call_limits import take_share
from content_pipeline.core.platforms.insights import (
    AudienceShare,
    DayFigures,
    Figures,
    ListedPost,
    Metric,
    ScopeMissing,
    finished_days,
    scope_needed,
)
from content_pipeline.core.platforms.linkedin.errors import checked
from content_pipeline.core.platforms.linkedin.requests import call
from content_pipeline.core.platforms.linkedin.settings import LinkedInSettings
from content_pipeline.core.platforms.malformed_posts import readable_figures
from content_pipeline.core.platforms.response_json import json_object

SCOPES: Final = ("r_member_postAnalytics", "r_member_profileAnalytics")
_ZONE: Final = ZoneInfo("UTC")
_POSTS, _VIDEOS, _FOLLOWERS = "memberCreatorPostAnalytics", "memberCreatorVideoAnalytics", "memberFollowersCount"
_OF_ALL_POSTS, _OF_POST = "q=me", "q=entity"
# The resource and the type of query of each metric.
_TOTALS: Final[dict[Metric, tuple[str, str]]] = {
    "impressions": (_POSTS, "IMPRESSION"),
    "reach": (_POSTS, "MEMBERS_REACHED"),
    "likes": (_POSTS, "REACTION"),
    "comments": (_POSTS, "COMMENT"),
    "shares": (_POSTS, "RESHARE"),
    "saves": (_POSTS, "POST_SAVE"),
    "clicks": (_POSTS, "LINK_CLICKS"),
}
# These totals can be read of a single post only.
_VIDEO_TOTALS: Final[dict[Metric, tuple[str, str]]] = {
    "views": (_VIDEOS, "VIDEO_PLAY"),
    "watch_seconds": (_VIDEOS, "VIDEO_WATCH_TIME"),
}
# These metrics are available by day.
_DAILY: Final[tuple[Metric, ...]] = ("impressions", "likes", "comments", "shares", "saves")
_QUERIES: Final = {**_TOTALS, **_VIDEO_TOTALS}
_UNITS: Final[dict[Metric, int]] = {"watch_seconds": 1000}
# Queries name a post by this kind, according to the type of its URN.
_KINDS: Final = {"share": "share", "ugcPost": "ugc"}
_DAY_SECONDS: Final = 24 * 3600.0
# LinkedIn answers with these for a post that is gone, or that is of another member.
_HIDDEN: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})

Element = dict[str, Any]


class LinkedInInsights:
    names: Mapping[Metric, str] = {
        **{metric: name for metric, (_, name) in _QUERIES.items()},
        "followers": _FOLLOWERS,
        "followers_gained": _FOLLOWERS,
    }
    scopes: Sequence[str] = SCOPES
    days_in: ZoneInfo | None = _ZONE

    def list_posts(self, access: Access, *, since: datetime) -> Iterator[ListedPost]:
        """Nothing: the permission to list a member's posts is closed."""
        return iter(())

    def read_posts(self, access: Access, post_ids: Collection[str]) -> Mapping[str, Figures]:
        """Nine calls a post."""
        answers = {}
        for urn in post_ids:
            if post := _finder(urn):
                try:
                    answers[urn] = _ask_totals(access, post, _QUERIES)
                except _Hidden:
                    _ensure_readable(access)
                    continue
        return readable_figures("linkedin", answers, _totals)

    def read_account(self, access: Access) -> Figures:
        figures = _totals(_ask_totals(access, _OF_ALL_POSTS, _TOTALS))
        for element in _elements(access, f"{_FOLLOWERS}?{_OF_ALL_POSTS}"):
            figures["followers"] = element[_FOLLOWERS]
        return figures

    def read_days(self, access: Access, first: date, last: date) -> Sequence[DayFigures]:
        days = finished_days(first, last, _ZONE)
        if not days:
            return []
        period = _date_range(days[0], days[-1])
        found: dict[date, dict[Metric, float]] = defaultdict(dict)
        for metric in _DAILY:
            resource, name = _TOTALS[metric]
            path = f"{resource}?{_OF_ALL_POSTS}&queryType={name}&aggregation=DAILY&{period}"
            for element in _elements(access, path):
                found[_day(element)][metric] = element["count"]
        for element in _elements(access, f"{_FOLLOWERS}?q=dateRange&{period}"):
            found[_day(element)]["followers_gained"] = element[_FOLLOWERS]
        return [DayFigures(day, figures) for day, figures in found.items()]

    def read_audience(self, access: Access) -> Sequence[AudienceShare]:
        """Nothing: LinkedIn tells the audience of pages only."""
        return []


class _Hidden(Exception):
    """LinkedIn does not show the post, or anything at all."""


def _finder(urn: str) -> str | None:
    """The query for a post by its URN; None for what is no post."""
    kind = _KINDS.get(urn.removeprefix("urn:li:").partition(":")[0])
    return kind and f"{_OF_POST}&entity=({kind}:{quote(urn, safe='')})"


def _ask_totals(access: Access, finder: str, metrics: Mapping[Metric, tuple[str, str]]) -> dict[Metric, list[Element]]:
    """The elements of each metric of a post or of all posts. None of those of videos for a post without one."""
    return {
        metric: _elements(access, f"{resource}?{finder}&queryType={name}&aggregation=TOTAL")
        for metric, (resource, name) in metrics.items()
    }


def _totals(answers: Mapping[Metric, Sequence[Element]]) -> dict[Metric, float]:
    return {
        metric: element["count"] / _UNITS.get(metric, 1)
        for metric, elements in answers.items()
        for element in elements
        if element["count"] >= 0  # -1 was seen where the count is not available
    }


def _ensure_readable(access: Access) -> None:
    """Raises what is the matter when LinkedIn does not show the member's own figures either."""
    _elements(access, f"{_POSTS}?{_OF_ALL_POSTS}&queryType=IMPRESSION&aggregation=TOTAL")


def _elements(access: Access, path: str) -> list[Element]:
    """The elements of an answer. Raises _Hidden for a post that LinkedIn does not show."""
    response = _ask(access, path)
    if _OF_POST in path and response.status_code in _HIDDEN:
        raise _Hidden
    with scope_needed():
        elements: list[Element] = json_object(checked(response)).get("elements", [])
    return elements


def _ask(access: Access, path: str) -> httpx.Response:
    """A response of any status. Raises TooManyRequests when the calls of the day are used up."""
    calls = LinkedInSettings.current().linkedin_insights_calls
    if not calls:
        raise ScopeMissing(
            "The app is not approved to read figures from LinkedIn.",
            remedy="When it is, set CONTENT_PIPELINE_LINKEDIN_INSIGHTS_CALLS and connect the account again.",
        )
    take_share("linkedin", access.user_id, Rate(calls, _DAY_SECONDS))
    return call(transport.read, "GET", f"/rest/{path}", access)


def _date_range(first: date, last: date) -> str:
    """The query of a range, whose end does not belong to it. Its parentheses must not be encoded."""
    start, end = (f"(day:{day.day},month:{day.month},year:{day.year})" for day in (first, last + timedelta(days=1)))
    return f"dateRange=(start:{start},end:{end})"


def _day(element: Element) -> date:
    return date(**element["dateRange"]["start"])
