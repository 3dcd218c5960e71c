"""Instagram Insights in the sandbox, against what is true."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from facebook_business.adobjects.igmedia import IGMedia
from facebook_business.adobjects.iguser import IGUser

from sandbox.instagram.insights import MEDIA_METRICS, OTHER_MEDIA_METRICS, PHOTO_METRICS
from tests.sandbox.instagram.creator import SCOPES, connect, error, get
from tests.sandbox.instagram.meta import fields_of, unfit, user
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.slow

PACIFIC = ZoneInfo("America/Los_Angeles")
LIFETIME = {
    "views": "views",
    "reach": "reach",
    "likes": "likes",
    "comments": "comments",
    "shares": "shares",
    "saved": "saves",
}
DAY = 86_400


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    """Of an account with a past of eight Reels in forty days."""
    sandbox.history("instagram", posts=8, days=40)
    return connect_all(sandbox)


def connect_all(sandbox: Sandbox) -> str:
    return connect(sandbox, scope=f"{SCOPES},instagram_business_manage_insights")


def values(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {each["name"]: each["values"][0]["value"] for each in answer.json()["data"]}


def midnight(sandbox: Sandbox, ago: int) -> datetime:
    """The beginning of a day in California."""
    day = (sandbox.now().astimezone(PACIFIC) - timedelta(days=ago)).date()
    return datetime.combine(day, time(), PACIFIC)


def series(sandbox: Sandbox, token: str, first: int, last: int, **changes: str) -> httpx.Response:
    """Daily figures of the account from the day `first` days ago to `last` days ago."""
    since, until = midnight(sandbox, first), midnight(sandbox, last - 1)
    query = {"metric": "reach,follower_count", "period": "day", "since": stamp(since), "until": stamp(until)}
    return get(sandbox, token, "me/insights", **{**query, **changes})


def stamp(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def true_days(sandbox: Sandbox, first: int, last: int) -> dict[date, dict[str, Any]]:
    bounds = (str(midnight(sandbox, ago).date()) for ago in (first, last))
    days = sandbox.days("instagram", *bounds, time_zone=str(PACIFIC))
    return {date.fromisoformat(day["day"]): day for day in days}


# ── media ────────────────────────────────────────────────────────────────────────────────────────────────


def test_figures_of_a_reel_are_true_and_its_watch_times_are_milliseconds(sandbox: Sandbox, token: str) -> None:
    sandbox.advance(50 * DAY)  # after which nothing changes within a second
    token = connect_all(sandbox)
    (true,) = sandbox.figures("instagram")
    lengths = {post["id"]: post["seconds"] for post in sandbox.posts()}
    for post in true["posts"]:
        shown = values(get(sandbox, token, f"{post['id']}/insights", metric=",".join(MEDIA_METRICS)))
        assert {theirs: shown[theirs] for theirs in LIFETIME} == {a: post[b] for a, b in LIFETIME.items()}
        assert shown["ig_reels_video_view_total_time"] == post["watch_milliseconds"]
        assert 1000 < shown["ig_reels_avg_watch_time"] < 1000 * lengths[post["id"]]
        assert shown["total_interactions"] == sum(post[name] for name in ("likes", "comments", "shares", "saves"))
        fields = get(sandbox, token, post["id"], fields="like_count,comments_count").json()
        assert (fields["like_count"], fields["comments_count"]) == (post["likes"], post["comments"])


def test_a_figure_has_the_form_of_the_real_ones(sandbox: Sandbox, token: str) -> None:
    id = sandbox.posts()[0]["id"]
    (insight,) = get(sandbox, token, f"{id}/insights", metric="views").json()["data"]
    assert insight.keys() == {"name", "period", "values", "title", "description", "id"}
    assert (insight["period"], insight["id"]) == ("lifetime", f"{id}/insights/views/lifetime")


@pytest.mark.parametrize("name", OTHER_MEDIA_METRICS)
def test_one_metric_that_reels_do_not_have_fails_the_whole_call(sandbox: Sandbox, token: str, name: str) -> None:
    answer = get(sandbox, token, f"{sandbox.posts()[0]['id']}/insights", metric=f"views,{name}")
    assert error(answer) == (400, 100, None)
    assert name in answer.json()["error"]["message"]


def test_an_unknown_metric_is_named_by_its_place(sandbox: Sandbox, token: str) -> None:
    answer = get(sandbox, token, f"{sandbox.posts()[0]['id']}/insights", metric="views,plays")
    assert answer.json()["error"]["message"].startswith("(#100) metric[1] must be one of the following values: views")
    assert error(get(sandbox, token, f"{sandbox.posts()[0]['id']}/insights")) == (400, 100, None)


def test_a_new_reel_has_no_figures_yet_and_the_skip_rate_needs_views(sandbox: Sandbox, token: str) -> None:
    sandbox.set(instagram_insights_seconds=0)
    id = sandbox.history("instagram", posts=1, days=1, followers=1)[0]["id"]
    assert values(get(sandbox, token, f"{id}/insights", metric="views,reels_skip_rate")).keys() == {"views"}
    sandbox.set(instagram_insights_seconds=10 * DAY)
    assert values(get(sandbox, token, f"{id}/insights", metric="views")) == {}


def test_a_photo_has_other_figures_than_a_reel(sandbox: Sandbox) -> None:
    photo, reel = sandbox.history("instagram", posts=2, photos=1)
    token = connect_all(sandbox)
    fields = "media_type,media_product_type,permalink"
    shown = get(sandbox, token, photo["id"], fields=fields).json()
    assert (shown["media_type"], shown["media_product_type"]) == ("IMAGE", "FEED")
    assert sandbox.http.get(shown["permalink"]).status_code == 200
    assert sandbox.http.get(photo["media"]).headers["content-type"] == "image/jpeg"
    path = f"{photo['id']}/insights"
    assert values(get(sandbox, token, path, metric=",".join(PHOTO_METRICS))).keys() == set(PHOTO_METRICS)
    for name in ("ig_reels_avg_watch_time", "reels_skip_rate"):
        answer = get(sandbox, token, path, metric=f"views,{name}")
        assert f"does not support the {name} metric" in answer.json()["error"]["message"]
    assert error(get(sandbox, token, f"{reel['id']}/insights", metric="follows")) == (400, 100, None)
    assert sandbox.figures("instagram")[0]["posts"][0]["watch_milliseconds"] == 0


def test_media_from_before_the_account_was_professional_has_no_insights(sandbox: Sandbox) -> None:
    made = sandbox.history("instagram", posts=4, days=40, professional_days=20)
    token = connect_all(sandbox)
    old, new = (f"{post['id']}/insights" for post in (made[0], made[-1]))
    assert error(get(sandbox, token, old, metric="views")) == (400, 100, 2108006)
    assert values(get(sandbox, token, new, metric="views")).keys() == {"views"}


def test_deleted_and_foreign_reels_do_not_exist(sandbox: Sandbox, token: str) -> None:
    gone = sandbox.posts()[0]["id"]
    sandbox.delete_post("instagram", gone)
    foreign = sandbox.history("instagram", posts=1, account="tech.tom")[0]["id"]
    for id in (gone, foreign, "17"):
        assert error(get(sandbox, token, f"{id}/insights", metric="views")) == (400, 100, 33)
    assert error(get(sandbox, token, gone, fields="permalink")) == (400, 100, 33)


def test_the_list_of_media_has_pages_and_no_deleted_ones(sandbox: Sandbox, token: str) -> None:
    made = [post["id"] for post in sandbox.posts()]
    sandbox.delete_post("instagram", made[2])
    listed = []
    page = get(sandbox, token, "me/media", fields="id,caption,timestamp,permalink", limit="3").json()
    while True:
        listed += [media["id"] for media in page["data"]]
        if "next" not in page["paging"]:
            break
        page = sandbox.http.get(page["paging"]["next"]).json()
    assert listed == [id for id in reversed(made) if id != made[2]]


# ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_profile_tells_followers_and_media(sandbox: Sandbox, token: str) -> None:
    sandbox.advance(50 * DAY)
    token = connect_all(sandbox)
    id = get(sandbox, token, "me", fields="user_id").json()["user_id"]
    for path in ("me", id):
        profile = get(sandbox, token, path, fields="followers_count,media_count").json()
        assert profile["followers_count"] == sandbox.figures("instagram")[0]["followers"]
        assert profile["media_count"] == 8


def test_days_of_an_account_are_true_and_end_at_midnight_in_california(sandbox: Sandbox, token: str) -> None:
    data = {each["name"]: each["values"] for each in series(sandbox, token, 28, 1).json()["data"]}
    true = true_days(sandbox, 28, 1)
    for name, ours in (("reach", "reach"), ("follower_count", "followers_gained")):
        assert len(data[name]) == 28
        for value in data[name]:
            end = datetime.fromisoformat(value["end_time"])
            assert end.astimezone(PACIFIC).timetz().replace(tzinfo=None) == time()
            assert value["value"] == true[end.astimezone(PACIFIC).date() - timedelta(days=1)]["totals"][ours]


def test_today_is_not_told_before_it_is_over(sandbox: Sandbox, token: str) -> None:
    now = sandbox.now()
    answer = series(sandbox, token, 2, 1, until=stamp(now + timedelta(days=1)))
    ends = [datetime.fromisoformat(value["end_time"]) for value in answer.json()["data"][0]["values"]]
    assert ends == [midnight(sandbox, 1), midnight(sandbox, 0)]


def test_totals_are_the_sums_of_the_days(sandbox: Sandbox, token: str) -> None:
    names = {"views": "views", "likes": "likes", "comments": "comments", "shares": "shares", "saves": "saves"}
    answer = series(sandbox, token, 10, 4, metric=",".join(names), metric_type="total_value")
    true = true_days(sandbox, 10, 4)
    assert answer.status_code == 200, answer.text
    for each in answer.json()["data"]:
        assert each["total_value"]["value"] == sum(day["totals"][names[each["name"]]] for day in true.values())
    follows = series(
        sandbox, token, 10, 4, metric="follows_and_unfollows", metric_type="total_value", breakdown="follow_type"
    ).json()["data"][0]["total_value"]["breakdowns"][0]["results"]
    assert {each["dimension_values"][0]: each["value"] for each in follows} == {
        "FOLLOWER": sum(day["totals"]["followers_gained"] for day in true.values()),
        "NON_FOLLOWER": sum(day["totals"]["followers_lost"] for day in true.values()),
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"metric": "views"},
            "The following metrics (views) should be specified with parameter metric_type=total_value",
        ),
        ({"metric_type": "total_value"}, "The following metrics (follower_count) are incompatible"),
        ({"period": "week"}, "The following metrics (reach, follower_count) are compatible with the period (day) only"),
        ({"metric": "reach,plays"}, "metric[1] must be one of the following values: "),
        ({"since": "tomorrow"}, "Param since must be a unix timestamp or a date"),
        ({"since": "2999-01-01"}, "The parameter since must be before until"),
        ({"metric": "views", "metric_type": "total_value", "breakdown": "age"}, "The following metrics (views) are"),
    ],
)
def test_what_does_not_go_together_is_refused(
    sandbox: Sandbox, token: str, changes: dict[str, str], message: str
) -> None:
    answer = series(sandbox, token, 5, 1, **changes)
    assert error(answer) == (400, 100, None)
    assert answer.json()["error"]["message"].startswith(f"(#100) {message}")


def test_thirty_days_at_once_and_thirty_days_back_are_the_limits(sandbox: Sandbox, token: str) -> None:
    until = sandbox.now() - timedelta(days=1)
    query = {"metric": "reach", "until": stamp(until)}
    assert series(sandbox, token, 9, 1, **query, since=stamp(until - timedelta(days=30))).status_code == 200
    answer = series(sandbox, token, 9, 1, **query, since=stamp(until - timedelta(days=30, seconds=1)))
    assert "There cannot be more than 30 days (2592000 s)" in answer.json()["error"]["message"]
    assert series(sandbox, token, 60, 40, metric="reach").status_code == 200
    assert "for the last 30 days" in series(sandbox, token, 60, 40).json()["error"]["message"]


# ── followers ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("breakdown", "some"), [("age", "25-34"), ("country", "US"), ("gender", "F")])
def test_demographics_add_up_to_the_followers(sandbox: Sandbox, token: str, breakdown: str, some: str) -> None:
    sandbox.advance(50 * DAY)
    token = connect_all(sandbox)
    query = {"metric": "follower_demographics", "period": "lifetime", "metric_type": "total_value"}
    (insight,) = get(sandbox, token, "me/insights", **query, breakdown=breakdown).json()["data"]
    (shown,) = insight["total_value"]["breakdowns"]
    assert shown["dimension_keys"] == [breakdown]
    groups = {each["dimension_values"][0]: each["value"] for each in shown["results"]}
    assert groups[some] > 0
    assert sum(groups.values()) == sandbox.figures("instagram")[0]["followers"]


def test_of_few_followers_nothing_is_told(sandbox: Sandbox, token: str) -> None:
    sandbox.set(instagram_demographics_followers=10**9)
    query = {"metric": "follower_demographics", "period": "lifetime", "metric_type": "total_value", "breakdown": "age"}
    assert get(sandbox, token, "me/insights", **query).json()["data"] == []
    assert [each["name"] for each in series(sandbox, token, 5, 1).json()["data"]] == ["reach"]


# ── access ───────────────────────────────────────────────────────────────────────────────────────────────


def test_insights_need_their_scope(sandbox: Sandbox, token: str) -> None:
    id = sandbox.posts()[0]["id"]
    for path in (f"{id}/insights", "me/insights"):
        assert error(get(sandbox, connect(sandbox), path, metric="views")) == (403, 10, None)


def test_calls_for_insights_count_like_all_others(sandbox: Sandbox, token: str) -> None:
    sandbox.set(instagram_calls_per_hour=20)
    path = f"{sandbox.posts()[0]['id']}/insights"
    usage = [
        json.loads(get(sandbox, token, path, metric="views").headers["x-app-usage"])["call_count"] for _ in range(3)
    ]
    assert usage[0] < usage[1] < usage[2]


def test_faults_can_be_ordered_for_insights(sandbox: Sandbox, token: str) -> None:
    path = f"{sandbox.posts()[0]['id']}/insights"
    sandbox.fail("instagram", "insights", "drop")
    with pytest.raises(httpx.RemoteProtocolError):
        get(sandbox, token, path, metric="views")
    assert get(sandbox, token, path, metric="views").status_code == 200


def test_metrics_and_parameters_are_those_of_metas_own_description() -> None:
    media = IGMedia("17").get_insights(pending=True)
    assert unfit(media, {"metric": [*MEDIA_METRICS, *OTHER_MEDIA_METRICS], "period": ["lifetime"]}) == []
    assert unfit(user().get_insights(pending=True), {"metric_type": "total_value", "period": ["day"]}) == []
    assert {"like_count", "comments_count"} <= fields_of(IGMedia)
    assert {"followers_count", "follows_count", "media_count"} <= fields_of(IGUser)
