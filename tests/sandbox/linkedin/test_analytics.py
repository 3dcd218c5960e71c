"""LinkedIn's analytics of members in the sandbox, against what is true."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.sandbox.linkedin.member import Member
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.slow

REST = "/api.linkedin.com/rest"
SCOPES = "openid profile w_member_social r_member_postAnalytics r_member_profileAnalytics"
POST_COUNTS = {
    "IMPRESSION": "impressions",
    "MEMBERS_REACHED": "reach",
    "RESHARE": "shares",
    "REACTION": "likes",
    "COMMENT": "comments",
    "POST_SAVE": "saves",
    "LINK_CLICKS": "clicks",
    "FOLLOWER_GAINED_FROM_CONTENT": "followers_gained",
}
VIDEO_COUNTS = {"VIDEO_PLAY": "views", "VIDEO_VIEWER": "reach", "VIDEO_WATCH_TIME": "watch_milliseconds"}
DAY = 86_400


@pytest.fixture
def member(sandbox: Sandbox) -> Member:
    """A member with a past of eight posts in forty days."""
    sandbox.history("linkedin", posts=8, days=40)
    return Member.connected(sandbox, scope=SCOPES)


def ask(member: Member, resource: str, query: str, **headers: str) -> httpx.Response:
    """The query is sent as it is written."""
    return member.call("GET", f"{REST}/{resource}?{query}", **headers)


def posts(member: Member, query: str, **headers: str) -> list[dict[str, Any]]:
    answer = ask(member, "memberCreatorPostAnalytics", query, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["paging"]["start"] == 0
    elements: list[dict[str, Any]] = answer.json()["elements"]
    return elements


def entity(urn: str) -> str:
    return f"q=entity&entity=(ugc:{quote(urn, safe='')})"


def record(day: date) -> str:
    return f"(year:{day.year},month:{day.month},day:{day.day})"


def date_range(first: date, last: date) -> str:
    """A range of days, both included."""
    return f"dateRange=(start:{record(first)},end:{record(last + timedelta(days=1))})"


def day_of(element: dict[str, Any]) -> date:
    start, end = (date(**element["dateRange"][name]) for name in ("start", "end"))
    assert end == start + timedelta(days=1)
    return start


def refusal(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["status"] == answer.status_code
    return answer.status_code, body["code"]


@pytest.fixture
def month(member: Member) -> tuple[date, date]:
    """The thirty days before today."""
    today = member.sandbox.now().date()
    return today - timedelta(days=30), today - timedelta(days=1)


# ── posts ────────────────────────────────────────────────────────────────────────────────────────────────


def test_totals_of_each_post_are_true_to_the_unit(member: Member) -> None:
    member.sandbox.advance(50 * DAY)  # after which nothing changes within a second
    member = Member.connected(member.sandbox, scope=SCOPES)
    (true,) = member.sandbox.figures("linkedin")
    for post in true["posts"]:
        for name, ours in POST_COUNTS.items():
            (element,) = posts(member, f"{entity(post['id'])}&queryType={name}&aggregation=TOTAL")
            assert element["count"] == post[ours]
            assert (element["metricType"], element["targetEntity"]) == (name, {"ugc": post["id"]})
    for name, ours in POST_COUNTS.items():
        (element,) = posts(member, f"q=me&queryType={name}")
        assert element["count"] == true["totals"][ours]
        assert "targetEntity" not in element


def test_days_are_true_and_the_end_of_a_range_is_not_in_it(member: Member, month: tuple[date, date]) -> None:
    true = {day["day"]: day for day in member.sandbox.days("linkedin", *map(str, month))}
    urn = member.sandbox.posts()[3]["id"]
    for name in ("IMPRESSION", "REACTION", "COMMENT", "RESHARE", "POST_SAVE"):
        query = f"queryType={name}&aggregation=DAILY&{date_range(*month)}"
        elements = posts(member, f"q=me&{query}")
        assert [day_of(element) for element in elements] == [month[0] + timedelta(days=n) for n in range(30)]
        for element in elements:
            assert element["count"] == true[str(day_of(element))]["totals"][POST_COUNTS[name]]
        for element in posts(member, f"{entity(urn)}&{query}") if name != "IMPRESSION" else []:
            grown = true[str(day_of(element))]["posts"].get(urn, {})
            assert element["count"] == grown.get(POST_COUNTS[name], 0)
        (whole,) = posts(member, f"q=me&queryType={name}&aggregation=TOTAL&{date_range(*month)}")
        assert whole["count"] == sum(element["count"] for element in elements)


def test_metric_types_were_unions_in_older_versions(sandbox: Sandbox) -> None:
    # In July 2026 both kinds of versions are supported.
    sandbox.advance((datetime(2026, 7, 1, tzinfo=UTC) - sandbox.now()).total_seconds())
    sandbox.history("linkedin")
    member = Member.connected(sandbox, scope=SCOPES)
    (old,) = posts(member, "q=me&queryType=REACTION", **{"LinkedIn-Version": "202604"})
    (name,) = old["metricType"].values()
    assert (name, next(iter(old["metricType"])).rpartition(".")[2]) == ("REACTION", "CreatorPostAnalyticsMetricTypeV1")
    answer = ask(member, "memberCreatorPostAnalytics", "q=me&queryType=POST_SAVE", **{"LinkedIn-Version": "202603"})
    assert refusal(answer) == (400, "PARAM_INVALID")


@pytest.mark.parametrize("name", ["MEMBERS_REACHED", "LINK_CLICKS", "FOLLOWER_GAINED_FROM_CONTENT"])
def test_some_metrics_are_not_told_by_day(member: Member, name: str) -> None:
    answer = ask(member, "memberCreatorPostAnalytics", f"q=me&queryType={name}&aggregation=DAILY")
    assert refusal(answer) == (400, "INVALID_PARAMETER")


def test_impressions_are_told_by_day_of_all_posts_but_not_of_one(member: Member) -> None:
    query = f"{entity(member.sandbox.posts()[0]['id'])}&queryType=IMPRESSION"
    assert len(posts(member, f"{query}&aggregation=TOTAL")) == 1
    answer = ask(member, "memberCreatorPostAnalytics", f"{query}&aggregation=DAILY")
    assert refusal(answer) == (400, "INVALID_PARAMETER")


def test_a_post_that_nobody_has_seen_is_left_out(member: Member, reel: Path) -> None:
    member.sandbox.history("linkedin", posts=1, followers=50)  # so few that nobody sees a post in its first minute
    urn = member.post(member.uploaded(reel)).headers["x-restli-id"]
    assert posts(member, f"{entity(urn)}&queryType=IMPRESSION") == []
    member.sandbox.history("linkedin", posts=1, followers=5_000)  # so many that somebody sees it in a month
    member.sandbox.advance(30 * DAY)
    (element,) = posts(member, f"{entity(urn)}&queryType=IMPRESSION")
    assert element["count"] > 0


def test_deleted_and_foreign_posts_are_not_found_but_count_for_the_member(member: Member) -> None:
    (before,) = posts(member, "q=me&queryType=IMPRESSION")
    gone = member.sandbox.posts()[0]["id"]
    foreign = member.sandbox.history("linkedin", posts=1, account="tech.tom")[0]["id"]
    member.sandbox.delete_post("linkedin", gone)
    for urn in (gone, foreign, "urn:li:ugcPost:7"):
        answer = ask(member, "memberCreatorPostAnalytics", f"{entity(urn)}&queryType=IMPRESSION")
        assert refusal(answer) == (404, "NOT_FOUND")
    (after,) = posts(member, "q=me&queryType=IMPRESSION")
    assert after["count"] >= before["count"]


@pytest.mark.parametrize(
    "query",
    [
        "q=author&queryType=IMPRESSION",
        "q=me&queryType=VIEWS",
        "q=me",
        "q=me&queryType=IMPRESSION&aggregation=HOURLY",
        "q=entity&queryType=IMPRESSION",
        "q=entity&entity=urn%3Ali%3AugcPost%3A1&queryType=IMPRESSION",
        "q=entity&entity=(ugc:urn:li:ugcPost:1)&queryType=IMPRESSION",
        "q=entity&entity=%28ugc%3Aurn%253Ali%253AugcPost%253A1%29&queryType=IMPRESSION",
        "q=entity&entity=(share:urn%3Ali%3AugcPost%3A1)&queryType=IMPRESSION",
        "q=entity&entity=(post:urn%3Ali%3AugcPost%3A1)&queryType=IMPRESSION",
        "q=me&queryType=IMPRESSION&dateRange=2026-01-01",
        "q=me&queryType=IMPRESSION&dateRange=(start:(year:2026,month:13,day:1))",
        "q=me&queryType=IMPRESSION&dateRange=(start:(year:2026,month:1,day:1)",
        "q=me&queryType=IMPRESSION&dateRange=(start:(year:2026,month:1))",
        "q=me&queryType=IMPRESSION&dateRange=(from:(year:2026,month:1,day:1))",
        "q=me&queryType=IMPRESSION&dateRange=(start:(year:2026,month:1,day:2),end:(year:2026,month:1,day:2))",
    ],
)
def test_a_query_in_another_syntax_is_refused(member: Member, query: str) -> None:
    assert refusal(ask(member, "memberCreatorPostAnalytics", query)) == (400, "PARAM_INVALID")


# ── videos and followers ─────────────────────────────────────────────────────────────────────────────────


def test_plays_viewers_and_watch_time_are_true(member: Member, month: tuple[date, date]) -> None:
    member.sandbox.advance(50 * DAY)
    member = Member.connected(member.sandbox, scope=SCOPES)
    post = member.sandbox.figures("linkedin")[0]["posts"][2]
    for name, ours in VIDEO_COUNTS.items():
        query = f"{entity(post['id'])}&queryType={name}&aggregation=TOTAL"
        (element,) = ask(member, "memberCreatorVideoAnalytics", query).json()["elements"]
        assert (element["count"], element["metricType"]) == (post[ours], name)
    daily = f"{entity(post['id'])}&queryType=VIDEO_PLAY&aggregation=DAILY"
    elements = ask(member, "memberCreatorVideoAnalytics", daily).json()["elements"]
    assert sum(element["count"] for element in elements) == post["views"]
    assert refusal(ask(member, "memberCreatorVideoAnalytics", "q=me&queryType=VIDEO_PLAY")) == (400, "PARAM_INVALID")


def test_followers_are_a_number_and_new_ones_by_day(member: Member, month: tuple[date, date]) -> None:
    true = {day["day"]: day for day in member.sandbox.days("linkedin", *map(str, month))}
    answer = ask(member, "memberFollowersCount", f"q=dateRange&{date_range(*month)}").json()
    assert [day_of(element) for element in answer["elements"]] == [month[0] + timedelta(days=n) for n in range(30)]
    for element in answer["elements"]:
        assert element["memberFollowersCount"] == true[str(day_of(element))]["totals"]["followers_gained"]
    member.sandbox.advance(50 * DAY)
    member = Member.connected(member.sandbox, scope=SCOPES)
    (now,) = ask(member, "memberFollowersCount", "q=me").json()["elements"]
    assert now == {"memberFollowersCount": member.sandbox.figures("linkedin")[0]["followers"]}
    assert refusal(ask(member, "memberFollowersCount", "q=dateRange")) == (400, "PARAM_INVALID")
    assert refusal(ask(member, "memberFollowersCount", "q=all")) == (400, "PARAM_INVALID")


# ── access ───────────────────────────────────────────────────────────────────────────────────────────────


def test_posts_and_followers_need_a_scope_each(sandbox: Sandbox) -> None:
    resources = {
        "memberCreatorPostAnalytics": ("r_member_postAnalytics", "q=me&queryType=IMPRESSION"),
        "memberFollowersCount": ("r_member_profileAnalytics", "q=me"),
    }
    for resource, (scope, query) in resources.items():
        without = Member.connected(sandbox, scope=SCOPES.replace(scope, "").replace("  ", " "))
        assert refusal(ask(without, resource, query)) == (403, "ACCESS_DENIED")
        assert ask(Member.connected(sandbox, scope=SCOPES), resource, query).status_code == 200


def test_a_version_is_required(member: Member) -> None:
    answer = ask(member, "memberFollowersCount", "q=me", **{"LinkedIn-Version": "202401"})
    assert refusal(answer) == (426, "NONEXISTENT_VERSION")


def test_faults_can_be_ordered_for_analytics(member: Member) -> None:
    member.sandbox.fail("linkedin", "insights", "status", status=429)
    assert ask(member, "memberFollowersCount", "q=me").status_code == 429
    assert ask(member, "memberFollowersCount", "q=me").status_code == 200
