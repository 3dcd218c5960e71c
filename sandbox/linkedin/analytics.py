"""LinkedIn's analytics of members: posts, videos, followers. One metric per call; days are UTC."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request

from sandbox.faults import fault_point
from sandbox.linkedin import protocol, restli
from sandbox.metrics.accounts import Account, day_bounds, day_of, days_between
from sandbox.metrics.figures import Figures
from sandbox.oauth import Grant
from sandbox.store import Store

_UTC: Final = ZoneInfo("UTC")
Finder = Literal["me", "entity"]
Elements = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric, the version from which on it exists, and of what it is told by day."""

    count: Callable[[Figures], int]
    since: str = "202506"
    daily: frozenset[Finder] = frozenset({"me", "entity"})


_NEVER: Final[frozenset[Finder]] = frozenset()
_POSTS: Final[Mapping[str, Metric]] = {
    "IMPRESSION": Metric(lambda counts: counts.impressions, daily=frozenset({"me"})),
    "MEMBERS_REACHED": Metric(lambda counts: counts.reach, daily=_NEVER),
    "RESHARE": Metric(lambda counts: counts.shares),
    "REACTION": Metric(lambda counts: counts.likes),
    "COMMENT": Metric(lambda counts: counts.comments),
    "POST_SAVE": Metric(lambda counts: counts.saves, "202604"),
    "LINK_CLICKS": Metric(lambda counts: counts.clicks, "202604", daily=_NEVER),
    "FOLLOWER_GAINED_FROM_CONTENT": Metric(lambda counts: counts.followers_gained, "202604", daily=_NEVER),
}
_VIDEOS: Final[Mapping[str, Metric]] = {
    "VIDEO_PLAY": Metric(lambda counts: counts.views),
    "VIDEO_VIEWER": Metric(lambda counts: counts.reach, daily=_NEVER),
    "VIDEO_WATCH_TIME": Metric(lambda counts: counts.watch_milliseconds),  # in milliseconds
}
# From this version on `metricType` is a string; before, it was a union.
_PLAIN_METRIC_TYPES: Final = "202605"
_UNION: Final = "com.linkedin.adsexternalapi.memberanalytics.v1.Creator{}AnalyticsMetricTypeV1"
# Entities by their key in the union, with the beginning of their URN.
_ENTITIES: Final = {"share": "urn:li:share:", "ugc": "urn:li:ugcPost:"}


def routes(store: Store) -> APIRouter:
    router = APIRouter(prefix="/api.linkedin.com/rest", dependencies=[Depends(fault_point("linkedin", "insights"))])

    @router.get("/memberCreatorPostAnalytics")
    def posts(
        request: Request,
        grant: Annotated[
            Grant, Depends(protocol.authenticated(protocol.POST_ANALYTICS, "memberCreatorPostAnalytics.FINDER"))
        ],
        q: str = "",
    ) -> Elements:
        metric = _metric(request, _POSTS)
        account = Account(store, "linkedin", grant.account)
        if q == "me":
            return _answer(request, account, metric, "Post")
        if q == "entity":
            return _answer(request, account, metric, "Post", _entity(request, account))
        raise _invalid_parameter("q")

    @router.get("/memberCreatorVideoAnalytics")
    def videos(
        request: Request,
        grant: Annotated[
            Grant, Depends(protocol.authenticated(protocol.POST_ANALYTICS, "memberCreatorVideoAnalytics.FINDER"))
        ],
        q: str = "",
    ) -> Elements:
        metric = _metric(request, _VIDEOS)
        if q != "entity":
            raise _invalid_parameter("q")
        account = Account(store, "linkedin", grant.account)
        return _answer(request, account, metric, "Video", _entity(request, account))

    @router.get("/memberFollowersCount")
    def followers(
        request: Request,
        grant: Annotated[
            Grant, Depends(protocol.authenticated(protocol.PROFILE_ANALYTICS, "memberFollowersCount.FINDER"))
        ],
        q: str = "",
    ) -> Elements:
        account = Account(store, "linkedin", grant.account)
        if q == "me":
            return _elements([{"memberFollowersCount": account.followers(account.now)}])
        if q != "dateRange":
            raise _invalid_parameter("q")
        first, last = _date_range(request)
        if first is None:
            raise _invalid_parameter("dateRange")
        days = days_between(first, min(last, _today(account)))
        return _elements(
            [{"memberFollowersCount": _growth(account, day, day).followers_gained, **_dated(day)} for day in days]
        )

    return router


def _answer(request: Request, account: Account, metric: Metric, kind: str, entity: str | None = None) -> Elements:
    """The elements of a post, or of all posts: one with the total, or one per day. A post that nobody has seen has
    none."""
    posts = None if entity is None else [entity]
    name = request.query_params["queryType"]
    plain = request.headers["linkedin-version"] >= _PLAIN_METRIC_TYPES
    common: Elements = {"metricType": name if plain else {_UNION.format(kind): name}}
    if entity is not None:
        common["targetEntity"] = {key: entity for key, prefix in _ENTITIES.items() if entity.startswith(prefix)}
    oldest = min((post.time for post in account.posts if posts is None or post.id in posts), default=None)
    if oldest is None or not account.growth(0, account.now, posts).impressions:
        return _elements([])
    first, last = _date_range(request)
    start = max(first or date.min, day_of(oldest, _UTC))
    end = min(last, _today(account))
    if request.query_params.get("aggregation", "TOTAL") == "TOTAL":
        count = metric.count(_growth(account, start, end, posts))
        return _elements([{"count": count, **common, "dateRange": {}}])
    days = days_between(start, end)
    counts = [metric.count(_growth(account, day, day, posts)) for day in days]
    return _elements([{"count": count, **common, **_dated(day)} for day, count in zip(days, counts, strict=True)])


def _growth(account: Account, first: date, last: date, posts: list[str] | None = None) -> Figures:
    """The growth from one day to another, both included; nothing after now."""
    if last < first:
        return Figures()
    return account.growth(day_bounds(first, _UTC)[0], min(day_bounds(last, _UTC)[1], account.now), posts)


# ── parameters ───────────────────────────────────────────────────────────────────────────────────────────


def _metric(request: Request, metrics: Mapping[str, Metric]) -> Metric:
    """The metric of the request. Raises ApiError if it does not exist in the version, or not by day."""
    name, aggregation = request.query_params.get("queryType"), request.query_params.get("aggregation", "TOTAL")
    metric = metrics.get(name or "")
    if metric is None or request.headers["linkedin-version"] < metric.since:
        raise _invalid_parameter("queryType")
    if aggregation not in ("DAILY", "TOTAL"):
        raise _invalid_parameter("aggregation")
    if aggregation == "DAILY" and request.query_params.get("q") not in metric.daily:
        message = f"Aggregation type DAILY is not supported for the query type {name}"
        raise protocol.bad_request("INVALID_PARAMETER", message)
    return metric


def _entity(request: Request, account: Account) -> str:
    """The URN of the post that the request names, which is the member's own."""
    value = _restli(request, "entity")
    pairs = list(value.items()) if isinstance(value, dict) else []
    if len(pairs) != 1 or pairs[0][0] not in _ENTITIES:
        raise _invalid_parameter("entity")
    key, urn = pairs[0]
    if not isinstance(urn, str) or not urn.startswith(_ENTITIES[key]):
        raise _invalid_parameter("entity")
    if urn not in [post.id for post in account.listed]:
        raise protocol.api_error(HTTPStatus.NOT_FOUND, "NOT_FOUND", f"Could not find the entity {urn}")
    return urn


def _date_range(request: Request) -> tuple[date | None, date]:
    """The first and last day of the request; the end of a range is not included in it."""
    value = _restli(request, "dateRange")
    if value is None:
        return None, date.max
    if not isinstance(value, dict) or not value.keys() <= {"start", "end"}:
        raise _invalid_parameter("dateRange")
    start, end = (_date(value[name]) if name in value else None for name in ("start", "end"))
    if start and end and start >= end:
        raise _invalid_parameter("dateRange")
    return start, end - timedelta(days=1) if end else date.max


def _date(value: restli.Value) -> date:
    if not isinstance(value, dict):
        raise _invalid_parameter("dateRange")
    try:
        year, month, day = (int(str(value[name])) for name in ("year", "month", "day"))
        return date(year, month, day)
    except (KeyError, ValueError) as error:
        raise _invalid_parameter("dateRange") from error


def _restli(request: Request, name: str) -> restli.Value | None:
    try:
        return restli.parameter(request, name)
    except restli.Malformed as error:
        raise _invalid_parameter(name) from error


def _invalid_parameter(name: str) -> Exception:
    return protocol.bad_request("PARAM_INVALID", f"Invalid value for param; wrong type or other syntax error: {name}")


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────


def _elements(elements: list[Elements]) -> Elements:
    return {"paging": {"start": 0, "count": 10, "links": [], "total": len(elements)}, "elements": elements}


def _dated(day: date) -> Elements:
    bounds = {"start": day, "end": day + timedelta(days=1)}
    fields = {name: {"day": at.day, "month": at.month, "year": at.year} for name, at in bounds.items()}
    return {"dateRange": fields}


def _today(account: Account) -> date:
    return day_of(account.now, _UTC)
