"""LinkedIn's figures, against a fake of its API: what is asked, and what the answers mean."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.platforms import insights as shared
from content_pipeline.core.platforms.base import Expired, Refused
from content_pipeline.core.platforms.insights import ScopeMissing
from content_pipeline.core.platforms.linkedin.insights import LinkedInInsights
from content_pipeline.core.platforms.linkedin.settings import LinkedInSettings
from tests.core.platforms.network import network
from tests.core.platforms.wire import ACCESS

pytestmark = pytest.mark.usefixtures("database")

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SHARE, UGC = "urn:li:share:7141138937766391808", "urn:li:ugcPost:7141138937766391809"
ME = "q=me"
OF_SHARE = "q=entity&entity=(share:urn%3Ali%3Ashare%3A7141138937766391808)"
OF_UGC = "q=entity&entity=(ugc:urn%3Ali%3AugcPost%3A7141138937766391809)"
DENIED = httpx.Response(403, json={"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": "No"})
linkedin = LinkedInInsights()


class Api:
    """Answers requests by what they ask for; nothing is counted of what is not named."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.elements: dict[str, list[dict[str, Any]]] = {}
        self.refusals: dict[str, httpx.Response] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["x-restli-protocol-version"] == "2.0.0"
        assert request.headers["authorization"] == f"Bearer {ACCESS.token}"
        asked = request.url.raw_path.decode().removeprefix("/rest/")
        self.asked.append(asked)
        for part, refusal in self.refusals.items():
            if part in asked:
                return refusal
        return httpx.Response(200, json={"elements": self.elements.get(asked, []), "paging": {"start": 0, "count": 10}})

    def count(self, finder: str, metric: str, count: int, resource: str = "memberCreatorPostAnalytics") -> None:
        path = f"{resource}?{finder}&queryType={metric}&aggregation=TOTAL"
        self.elements[path] = [{"count": count, "metricType": metric}]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(LinkedInSettings.current(), "linkedin_insights_calls", 5000)
    monkeypatch.setattr(shared, "now", lambda: NOON)
    api = Api()
    with network(api):
        yield api


def days(first: date, *counts: int, field: str = "count") -> list[dict[str, Any]]:
    """Elements for days that follow each other; the end of each is the next day."""

    def parts(day: date) -> dict[str, int]:
        return {"year": day.year, "month": day.month, "day": day.day}

    starts = [first + timedelta(days=number) for number in range(len(counts))]
    ranges = [{"start": parts(day), "end": parts(day + timedelta(days=1))} for day in starts]
    return [{field: count, "dateRange": of} for count, of in zip(counts, ranges, strict=True)]


# ── totals ───────────────────────────────────────────────────────────────────────────────────────────────


def test_each_metric_of_a_post_is_a_call(api: Api) -> None:
    counts = {
        "IMPRESSION": 1000, "MEMBERS_REACHED": 800, "REACTION": 30, "COMMENT": 4, "RESHARE": 2, "POST_SAVE": 5,
        "LINK_CLICKS": 0,
    }  # fmt: skip
    for metric, count in counts.items():
        api.count(OF_SHARE, metric, count)
    api.count(OF_SHARE, "VIDEO_PLAY", 600, "memberCreatorVideoAnalytics")
    api.count(OF_SHARE, "VIDEO_WATCH_TIME", 1234567, "memberCreatorVideoAnalytics")
    assert linkedin.read_posts(ACCESS, [SHARE]) == {
        SHARE: {
            "impressions": 1000, "reach": 800, "likes": 30, "comments": 4, "shares": 2, "saves": 5, "clicks": 0,
            "views": 600, "watch_seconds": 1234.567,
        }
    }  # fmt: skip
    assert len(api.asked) == 9


def test_what_linkedin_does_not_count_is_unknown(api: Api) -> None:
    api.count(OF_UGC, "IMPRESSION", 10)
    api.count(OF_UGC, "MEMBERS_REACHED", -1)
    assert linkedin.read_posts(ACCESS, [UGC]) == {UGC: {"impressions": 10}}  # no video: no element for its plays


@pytest.mark.parametrize("status", [403, 404])
def test_posts_that_are_gone_or_of_others_are_missing(api: Api, status: int) -> None:
    api.refusals["share:urn"] = httpx.Response(
        status, json={"status": status, "code": "ACCESS_DENIED", "message": "No"}
    )
    api.count(OF_UGC, "IMPRESSION", 10)
    assert linkedin.read_posts(ACCESS, [SHARE, UGC, "urn:li:person:1", "7141"]) == {UGC: {"impressions": 10}}
    assert sum("share:urn" in path for path in api.asked) == 1


@pytest.mark.parametrize("odd", [[None], [{}], [{"count": "many"}], [{"count": None}], {"count": 1}])
def test_a_post_whose_figures_are_not_understood_is_not_gone_and_hides_no_other(api: Api, odd: Any) -> None:
    api.count(OF_SHARE, "IMPRESSION", 10)
    api.elements[f"memberCreatorPostAnalytics?{OF_SHARE}&queryType=REACTION&aggregation=TOTAL"] = odd
    api.count(OF_UGC, "IMPRESSION", 20)
    assert linkedin.read_posts(ACCESS, [SHARE, UGC]) == {SHARE: {}, UGC: {"impressions": 20}}


def test_an_account_tells_the_totals_of_all_its_posts_and_its_followers(api: Api) -> None:
    api.elements["memberFollowersCount?q=me"] = [{"memberFollowersCount": 961}]
    api.count(ME, "IMPRESSION", 5000)
    api.count(ME, "POST_SAVE", 7)
    assert linkedin.read_account(ACCESS) == {"impressions": 5000, "saves": 7, "followers": 961}
    assert not any("Video" in path for path in api.asked)


def test_a_member_without_posts_and_followers_has_no_figures(api: Api) -> None:
    assert linkedin.read_account(ACCESS) == {}


def test_the_posts_of_a_member_cannot_be_listed_nor_their_audience(api: Api) -> None:
    assert (list(linkedin.list_posts(ACCESS, since=NOON)), linkedin.read_audience(ACCESS), api.asked) == ([], [], [])


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────

PERIOD = "dateRange=(start:(day:24,month:11,year:2026),end:(day:26,month:11,year:2026))"


def test_days_are_growth_and_followers_come_as_those_gained(api: Api) -> None:
    first = date(2026, 11, 24)
    api.elements[f"memberCreatorPostAnalytics?q=me&queryType=IMPRESSION&aggregation=DAILY&{PERIOD}"] = days(first, 9, 0)
    api.elements[f"memberCreatorPostAnalytics?q=me&queryType=REACTION&aggregation=DAILY&{PERIOD}"] = days(first, 3)
    api.elements[f"memberFollowersCount?q=dateRange&{PERIOD}"] = days(first, 4, 1, field="memberFollowersCount")
    found = linkedin.read_days(ACCESS, first, date(2026, 11, 30))  # today and what is to come have no figures yet
    assert {each.day.day: each.figures for each in found} == {
        24: {"impressions": 9, "likes": 3, "followers_gained": 4},
        25: {"impressions": 0, "followers_gained": 1},
    }
    asked = {path.split("queryType=")[1].split("&")[0] for path in api.asked if "queryType" in path}
    assert asked == {"IMPRESSION", "REACTION", "COMMENT", "RESHARE", "POST_SAVE"}  # the others are refused by day


def test_a_range_without_a_day_that_is_over_asks_nothing(api: Api) -> None:
    assert (linkedin.read_days(ACCESS, date(2026, 11, 26), date(2026, 11, 27)), api.asked) == ([], [])


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────


def answer(status: int, **fields: Any) -> httpx.Response:
    return httpx.Response(status, json={"status": status, "message": "No.", **fields})


@pytest.mark.parametrize(
    ("refusal", "kind", "code"),
    [
        (DENIED, ScopeMissing, "insights_scope_missing"),
        (answer(401, code="EXPIRED_ACCESS_TOKEN"), Expired, "token_expired"),
        (answer(429, code="TOO_MANY_REQUESTS", serviceErrorCode=101), TooManyRequests, "too_many_requests"),
        (answer(426, code="NONEXISTENT_VERSION"), Refused, "linkedin_version_retired"),
        (answer(404, code="RESOURCE_NOT_FOUND"), Refused, "platform_refused"),  # of an app that is not approved
        (answer(400, code="ILLEGAL_ARGUMENT"), Refused, "platform_refused"),
        (answer(500), UpstreamError, "remote_failed"),
        (httpx.Response(403, text="<html>"), UpstreamError, "remote_failed"),
    ],
)
def test_a_refusal_has_one_meaning_wherever_it_comes(
    api: Api, refusal: httpx.Response, kind: type[Error], code: str
) -> None:
    api.refusals[""] = refusal
    day = date(2026, 11, 20)
    for read in (
        lambda: linkedin.read_posts(ACCESS, [SHARE]),
        lambda: linkedin.read_account(ACCESS),
        lambda: linkedin.read_days(ACCESS, day, day),
    ):
        with pytest.raises(Error) as refused:
            read()
        assert (type(refused.value), refused.value.code) == (kind, code)
        assert refused.value.remedy


def test_an_app_that_is_not_approved_asks_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LinkedInSettings.current(), "linkedin_insights_calls", 0)
    with pytest.raises(ScopeMissing) as refused:
        linkedin.read_account(ACCESS)
    assert "CONTENT_PIPELINE_LINKEDIN_INSIGHTS_CALLS" in refused.value.remedy
    assert api.asked == []


def test_no_more_calls_are_made_than_the_setting_allows(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LinkedInSettings.current(), "linkedin_insights_calls", 12)
    linkedin.read_posts(ACCESS, [SHARE])
    with pytest.raises(TooManyRequests) as refused:
        linkedin.read_posts(ACCESS, [UGC])
    assert (refused.value.code, len(api.asked)) == ("insights_share", 12)
