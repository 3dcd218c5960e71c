"""Instagram Insights: lifetime figures of Reels, daily figures and totals of accounts, demographics of followers."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import product
from math import prod
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request

from sandbox.faults import fault_point
from sandbox.instagram import protocol
from sandbox.metrics import audience
from sandbox.metrics.accounts import PACIFIC, Account, day_bounds, day_of, days_between, figures_now
from sandbox.metrics.features import Features
from sandbox.metrics.figures import Figures
from sandbox.oauth import Grant
from sandbox.parameters import Parameters
from sandbox.settings import read_settings
from sandbox.store import Document, Store

Insight = dict[str, Any]

_MEDIA: Final[Mapping[str, Callable[[Figures], int]]] = {
    "views": lambda counts: counts.views,
    "reach": lambda counts: counts.reach,
    "likes": lambda counts: counts.likes,
    "comments": lambda counts: counts.comments,
    "shares": lambda counts: counts.shares,
    "saved": lambda counts: counts.saves,
    "total_interactions": lambda counts: counts.interactions,
}
_REELS: Final[Mapping[str, Callable[[Figures], int]]] = {
    # Both in milliseconds.
    "ig_reels_avg_watch_time": lambda counts: counts.watch_milliseconds // max(counts.views, 1),
    "ig_reels_video_view_total_time": lambda counts: counts.watch_milliseconds,
}
_SKIP_RATE: Final = "reels_skip_rate"
_SKIP_RATE_VIEWS: Final = 100
_PHOTOS: Final[Mapping[str, Callable[[Figures], int]]] = {
    "follows": lambda counts: counts.followers_gained,
    "profile_visits": lambda counts: counts.clicks,
}
PHOTO_METRICS: Final = (*_MEDIA, *_PHOTOS)
MEDIA_METRICS: Final = (*_MEDIA, *_REELS, _SKIP_RATE)
# Metrics that exist, but not for Reels, or no longer.
OTHER_MEDIA_METRICS: Final = (
    "follows",
    "impressions",
    "link_clicks",
    "navigation",
    "profile_activity",
    "profile_visits",
    "replies",
)

_SERIES: Final[Mapping[str, Callable[[Figures], int]]] = {
    "follower_count": lambda grown: grown.followers_gained,
    "reach": lambda grown: grown.reach,
}
_FOLLOWS: Final = "follows_and_unfollows"
_TOTALS: Final[Mapping[str, Callable[[Figures], int]]] = {
    "reach": lambda grown: grown.reach,
    "views": lambda grown: grown.views,
    "likes": lambda grown: grown.likes,
    "comments": lambda grown: grown.comments,
    "shares": lambda grown: grown.shares,
    "saves": lambda grown: grown.saves,
    "replies": lambda grown: 0,
    "total_interactions": lambda grown: grown.interactions,
    "profile_links_taps": lambda grown: grown.clicks,
    _FOLLOWS: lambda grown: grown.followers_gained + grown.followers_lost,
}
_DEMOGRAPHICS: Final = "follower_demographics"
_BREAKDOWNS: Final = {"age": audience.AGES, "country": audience.COUNTRIES, "gender": audience.GENDERS}
# Instagram gives these metrics only of accounts with enough followers.
_OF_FOLLOWERS: Final = frozenset({"follower_count", _FOLLOWS, _DEMOGRAPHICS})
_ACCOUNT_METRICS: Final = tuple(dict.fromkeys((*_SERIES, *_TOTALS, _DEMOGRAPHICS)))
_MAX_SECONDS: Final = 30 * 86_400
_MAX_DAYS: Final = 30


def routes(store: Store) -> APIRouter:
    router = APIRouter()
    Reader = Annotated[Grant, Depends(protocol.authorized(protocol.INSIGHTS))]

    @router.get("/{id}/insights", dependencies=[Depends(fault_point("instagram", "insights"))])
    def insights(id: str, grant: Reader, request: Request, parameters: Parameters) -> Insight:
        if id in ("me", grant.account):
            return _account_insights(store, grant, request, parameters)
        post = store.get("post", f"instagram:{id}")
        if post is None or post["account"] != grant.account or post.get("deleted_at"):
            raise protocol.missing_object(id)
        return {"data": _media_insights(store, post, parameters)}

    return router


# ── media ────────────────────────────────────────────────────────────────────────────────────────────────


def _media_insights(store: Store, post: Document, parameters: Mapping[str, str]) -> list[Insight]:
    """Lifetime figures. One metric that this kind of media does not have fails all. A new media has none yet, and one
    from before the account was professional never has."""
    names = _metrics(parameters, (*MEDIA_METRICS, *OTHER_MEDIA_METRICS))
    if "impressions" in names:
        raise protocol.api_error(
            "(#100) Starting from version v22.0 and above, the impressions metric is no longer supported for the "
            "queried media.",
            100,
        )
    is_photo = post.get("media_type") == "IMAGE"
    if other := [name for name in names if name not in (PHOTO_METRICS if is_photo else MEDIA_METRICS)]:
        message = f"The Media Insights API does not support the {', '.join(other)} metric for this media product type."
        raise protocol.api_error(f"(#100) {message}", 100)
    account = store.get("account", f"instagram:{post['account']}") or {}
    if post["time"] < account.get("professional_at", 0):
        raise protocol.api_error(
            "Invalid parameter",
            100,
            2108006,
            user_message="The media was posted before the most recent time that the user's account was converted to a "
            "business account from a personal account.",
        )
    if store.timestamp() < post["time"] + read_settings(store).instagram_insights_seconds:
        return []
    counts = figures_now(store, post)
    known = {**_MEDIA, **(_PHOTOS if is_photo else _REELS)}
    values: dict[str, float] = {name: value(counts) for name, value in known.items()}
    if not is_photo and counts.views >= _SKIP_RATE_VIEWS:
        values[_SKIP_RATE] = round(60 * (1 - Features.of(post).watched_share), 1)
    return [
        {**_insight(post["id"], name, "lifetime"), "values": [{"value": values[name]}]}
        for name in names
        if name in values
    ]


# ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────


def _account_insights(store: Store, grant: Grant, request: Request, parameters: Mapping[str, str]) -> Insight:
    names = _metrics(parameters, _ACCOUNT_METRICS)
    account = Account(store, "instagram", grant.account)
    _check_types(names, parameters)
    enough = account.followers(account.now) >= read_settings(store).instagram_demographics_followers
    told = [name for name in names if enough or name not in _OF_FOLLOWERS]
    if _DEMOGRAPHICS in names:
        return {"data": [_demographics(account, parameters) for _ in told]}
    since, until = _range(account.now, parameters)
    days = _complete_days(account.now, since, until)
    if parameters.get("metric_type") == "total_value":
        grown = _growth(account, days)
        return {"data": [_total(account, name, grown, parameters) for name in told]}
    if "follower_count" in names and since < day_bounds(_today(account.now) - timedelta(days=_MAX_DAYS), PACIFIC)[0]:
        message = "(follower_count) metric only supports querying data for the last 30 days excluding the current day"
        raise protocol.api_error(f"(#100) {message}", 100)
    series = [_series(account, name, days) for name in told]
    return {"data": series, "paging": _paging(request, parameters, since, until)}


def _check_types(names: list[str], parameters: Mapping[str, str]) -> None:
    """Raises ApiError if the metrics do not go with the period and the type, or with each other."""
    is_total = parameters.get("metric_type") == "total_value"
    wrong = [name for name in names if name not in (_TOTALS if is_total else _SERIES) and name != _DEMOGRAPHICS]
    if wrong and is_total:
        raise _invalid(
            f"The following metrics ({', '.join(wrong)}) are incompatible with the metric type (total_value)"
        )
    if not is_total and (wrong or _DEMOGRAPHICS in names):
        total_only = ", ".join(name for name in names if name not in _SERIES)
        raise _invalid(
            f"The following metrics ({total_only}) should be specified with parameter metric_type=total_value"
        )
    period = "lifetime" if _DEMOGRAPHICS in names else "day"
    if parameters.get("period") != period or (_DEMOGRAPHICS in names and len(names) > 1):
        raise _invalid(f"The following metrics ({', '.join(names)}) are compatible with the period ({period}) only")


def _series(account: Account, name: str, days: list[date]) -> Insight:
    """A value per day, dated by the day's end: midnight in California, 07:00 UTC in summer and 08:00 in winter."""
    values = [
        {"value": _SERIES[name](_growth(account, [day])), "end_time": protocol.date_time(day_bounds(day, PACIFIC)[1])}
        for day in days
    ]
    return {**_insight(account.id, name, "day"), "values": values}


def _total(account: Account, name: str, grown: Figures, parameters: Mapping[str, str]) -> Insight:
    total: Insight = {"value": _TOTALS[name](grown)}
    if breakdown := parameters.get("breakdown"):
        if (name, breakdown) != (_FOLLOWS, "follow_type"):
            raise _invalid(f"The following metrics ({name}) are incompatible with the breakdown ({breakdown})")
        results = [("FOLLOWER", grown.followers_gained), ("NON_FOLLOWER", grown.followers_lost)]
        total["breakdowns"] = [_breakdown(["follow_type"], [([kind], value) for kind, value in results])]
    return {**_insight(account.id, name, "day"), "total_value": total}


def _demographics(account: Account, parameters: Mapping[str, str]) -> Insight:
    """The followers by groups, which add up to all of them."""
    keys = [key for key in parameters.get("breakdown", "").split(",") if key]
    if not keys or not set(keys) <= _BREAKDOWNS.keys():
        raise _invalid(f"breakdown must be one of the following values: {', '.join(_BREAKDOWNS)}")
    shares = [audience.shares(account.id, _BREAKDOWNS[key]) for key in keys]
    groups = {names: prod(share[name] for share, name in zip(shares, names, strict=True)) for names in product(*shares)}
    counted = audience.apportioned(groups, account.followers(account.now))
    results = [(list(names), value) for names, value in counted.items() if value]
    total = {"breakdowns": [_breakdown(keys, results)]}
    return {**_insight(account.id, _DEMOGRAPHICS, "lifetime"), "total_value": total}


def _breakdown(keys: list[str], results: Iterable[tuple[list[str], int]]) -> Insight:
    shown = [{"dimension_values": names, "value": value} for names, value in results]
    return {"dimension_keys": keys, "results": shown}


def _growth(account: Account, days: list[date]) -> Figures:
    """The growth in consecutive days."""
    if not days:
        return Figures()
    return account.growth(day_bounds(days[0], PACIFIC)[0], day_bounds(days[-1], PACIFIC)[1])


# ── parameters ───────────────────────────────────────────────────────────────────────────────────────────


def _metrics(parameters: Mapping[str, str], known: Iterable[str]) -> list[str]:
    names = [name for name in parameters.get("metric", "").split(",") if name]
    if not names:
        raise _invalid("The parameter metric is required")
    for number, name in enumerate(names):
        if name not in known:
            raise _invalid(f"metric[{number}] must be one of the following values: {', '.join(known)}")
    return names


def _range(now: float, parameters: Mapping[str, str]) -> tuple[float, float]:
    """The range of a request in seconds since the epoch, by default the last two days."""
    until = _moment(parameters, "until", now)
    since = _moment(parameters, "since", until - 2 * 86_400)
    if since > until:
        raise _invalid("The parameter since must be before until")
    if until - since > _MAX_SECONDS:
        raise _invalid("There cannot be more than 30 days (2592000 s) between since and until")
    return since, until


def _moment(parameters: Mapping[str, str], name: str, default: float) -> float:
    """A unix timestamp, or a date in California."""
    value = parameters.get(name)
    if value is None:
        return default
    if value.isdecimal() and len(value) <= 11:
        return float(value)
    try:
        return datetime.fromisoformat(value).replace(tzinfo=PACIFIC).timestamp()
    except ValueError as error:
        raise _invalid(f"Param {name} must be a unix timestamp or a date") from error


def _complete_days(now: float, since: float, until: float) -> list[date]:
    """The days that end in the range and are over."""
    days = days_between(day_of(since, PACIFIC) - timedelta(days=1), day_of(until, PACIFIC))
    return [day for day in days if since < day_bounds(day, PACIFIC)[1] <= min(until, now)]


def _today(now: float) -> date:
    return day_of(now, PACIFIC)


def _paging(request: Request, parameters: Mapping[str, str], since: float, until: float) -> dict[str, str]:
    def page(shift: float) -> str:
        query = {**parameters, "since": int(since + shift), "until": int(until + shift)}
        return f"{request.url.replace(query=urlencode(query))}"

    return {"previous": page(since - until), "next": page(until - since)}


def _insight(id: str, name: str, period: str) -> Insight:
    title = name.replace("_", " ").capitalize()
    return {
        "name": name,
        "period": period,
        "title": title,
        "description": title,
        "id": f"{id}/insights/{name}/{period}",
    }


def _invalid(message: str) -> Exception:
    return protocol.api_error(f"(#100) {message}", 100)
