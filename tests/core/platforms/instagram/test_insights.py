"""Instagram's figures over a scripted transport: what is asked, and what the answers mean."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.platforms import insights as shared
from content_pipeline.core.platforms.base import Disconnected, Expired, Refused
from content_pipeline.core.platforms.insights import DayFigures, ListedPost, ScopeMissing
from content_pipeline.core.platforms.instagram import insights as module
from content_pipeline.core.platforms.instagram.insights import InstagramInsights
from tests.core.platforms.wire import ACCESS, Answer, Wire

pytestmark = pytest.mark.usefixtures("database")

NOON = datetime(2026, 11, 26, 20, tzinfo=UTC)  # in California
MEDIA, ACCOUNT = f"/{ACCESS.user_id}/media", f"/{ACCESS.user_id}/insights"
ALL = [
    "views", "reach", "likes", "comments", "shares", "saved",
    "ig_reels_video_view_total_time", "ig_reels_avg_watch_time",
]  # fmt: skip
EMPTY = Answer(body={"data": []})


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in shared, module:
        monkeypatch.setattr(each, "now", lambda: NOON)


@pytest.fixture
def instagram() -> InstagramInsights:
    return InstagramInsights()


def lifetime(**values: int) -> Answer:
    data = [{"name": name, "period": "lifetime", "values": [{"value": value}]} for name, value in values.items()]
    return Answer(body={"data": data})


def series(name: str, *values: tuple[str, int]) -> Answer:
    points = [{"value": value, "end_time": f"{moment}+0000"} for moment, value in values]
    return Answer(body={"data": [{"name": name, "period": "day", "values": points}]})


def total(**values: int) -> Answer:
    return Answer(body={"data": [{"name": name, "total_value": {"value": value}} for name, value in values.items()]})


def refusal(code: int, message: str = "No", subcode: int | None = None, status: int = 400) -> Answer:
    error = {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode}
    return Answer(status, {"error": error})


def unsupported(metric: str) -> Answer:
    return refusal(
        100, f"(#100) The Media Insights API does not support the {metric} metric for this media product type."
    )


def metrics(wire: Wire, ending: str) -> list[list[str]]:
    return [request.url.params["metric"].split(",") for request in wire.sent(ending)]


# ── listing ──────────────────────────────────────────────────────────────────────────────────────────────


def media(id: str, day: int, **fields: Any) -> dict[str, Any]:
    return {"id": id, "timestamp": f"2026-11-{day:02}T10:00:00+0000", **fields}


def test_media_are_listed_with_their_captions(wire: Wire, instagram: InstagramInsights) -> None:
    reel = media("1", 20, caption="Feed your starter", permalink="https://www.instagram.com/reel/abc/")
    wire.on(MEDIA, Answer(body={"data": [reel, media("2", 19)]}))
    assert list(instagram.list_posts(ACCESS, since=datetime(2026, 1, 1, tzinfo=UTC))) == [
        ListedPost(
            "1",
            "https://www.instagram.com/reel/abc/",
            "Feed your starter",
            datetime(2026, 11, 20, 10, tzinfo=UTC),
            None,
        ),
        ListedPost("2", None, "", datetime(2026, 11, 19, 10, tzinfo=UTC), None),
    ]


def test_pages_are_read_until_a_media_is_older(wire: Wire, instagram: InstagramInsights) -> None:
    def page(number: int, *found: dict[str, Any]) -> Answer:
        cursors = {"after": f"after-{number}"}
        return Answer(body={"data": list(found), "paging": {"cursors": cursors, "next": "https://a?access_token=x"}})

    wire.on(MEDIA, page(1, media("1", 20)), page(2, media("2", 19), media("3", 17)), page(3, media("4", 16)))
    found = list(instagram.list_posts(ACCESS, since=datetime(2026, 11, 18, tzinfo=UTC)))
    assert [post.post_id for post in found] == ["1", "2"]
    assert [request.url.params.get("after") for request in wire.sent(MEDIA)] == [None, "after-1"]


def test_the_last_page_has_no_next(wire: Wire, instagram: InstagramInsights) -> None:
    wire.on(MEDIA, Answer(body={"data": [media("1", 20)], "paging": {"cursors": {"after": "after-1"}}}))
    assert len(list(instagram.list_posts(ACCESS, since=datetime(2026, 1, 1, tzinfo=UTC)))) == 1
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "odd",
    [
        None,
        {"id": "1"},
        {"timestamp": "2026-11-20T10:00:00+0000"},
        {"id": "1", "timestamp": "2026-11-20T10:00"},
        {"id": None, "timestamp": "2026-11-20T10:00:00+0000"},
    ],
)
def test_a_media_that_is_not_understood_hides_no_other_in_the_list(
    wire: Wire, instagram: InstagramInsights, odd: Any
) -> None:
    wire.on(MEDIA, Answer(body={"data": [odd, media("2", 19, caption=None)]}))
    (found,) = instagram.list_posts(ACCESS, since=datetime(2026, 1, 1, tzinfo=UTC))
    assert (found.post_id, found.text) == ("2", "")


# ── media ────────────────────────────────────────────────────────────────────────────────────────────────


def test_watch_times_come_in_milliseconds(wire: Wire, instagram: InstagramInsights) -> None:
    wire.on(
        "/1/insights",
        lifetime(
            views=5000, reach=4000, saved=7, ig_reels_video_view_total_time=12345678, ig_reels_avg_watch_time=2469
        ),
    )
    assert instagram.read_posts(ACCESS, ["1"]) == {
        "1": {"views": 5000, "reach": 4000, "saves": 7, "watch_seconds": 12345.678, "average_view_seconds": 2.469}
    }
    assert metrics(wire, "/1/insights") == [ALL]


def test_insights_that_are_not_there_are_unknown_and_the_post_is_not_gone(
    wire: Wire, instagram: InstagramInsights
) -> None:
    wire.on("/1/insights", EMPTY)
    assert instagram.read_posts(ACCESS, ["1"]) == {"1": {}}


@pytest.mark.parametrize(
    "odd",
    [
        {"data": None},
        {"data": [{"period": "lifetime"}]},
        {"data": [{"name": "views", "values": [{}]}]},
        {"data": [{"name": "views", "values": [{"value": "many"}]}]},
    ],
)
def test_a_media_whose_insights_are_not_understood_is_not_gone_and_hides_no_other(
    wire: Wire, instagram: InstagramInsights, odd: Any
) -> None:
    wire.on("/1/insights", Answer(body=odd)).on("/2/insights", lifetime(views=2))
    assert instagram.read_posts(ACCESS, ["1", "2"]) == {"1": {}, "2": {"views": 2}}


@pytest.mark.parametrize(
    "refused",
    [
        unsupported("shares"),
        refusal(100, "(#100) The metric shares is not supported for this media type"),
        refusal(100, f"(#100) metric[4] must be one of the following values: {', '.join(set(ALL) - {'shares'})}"),
    ],
)
def test_a_metric_that_one_media_does_not_have_is_left_out_from_then_on(
    wire: Wire, instagram: InstagramInsights, refused: Answer
) -> None:
    wire.on("/1/insights", refused, lifetime(views=1)).on("/2/insights", lifetime(views=2, shares=3))
    for _ in range(2):
        assert instagram.read_posts(ACCESS, ["1", "2"]) == {"1": {"views": 1}, "2": {"views": 2, "shares": 3}}
    others = [name for name in ALL if name != "shares"]
    assert metrics(wire, "/1/insights") == [ALL, others, others]
    assert metrics(wire, "/2/insights") == [ALL, ALL]


def test_a_photo_has_no_watch_times_at_all(wire: Wire, instagram: InstagramInsights) -> None:
    wire.on("/1/insights", unsupported("ig_reels_avg_watch_time"), lifetime(views=1))
    assert instagram.read_posts(ACCESS, ["1"]) == {"1": {"views": 1}}
    assert metrics(wire, "/1/insights") == [ALL, ALL[:6]]


@pytest.mark.parametrize(
    "answer",
    [
        refusal(100, "Invalid parameter", 2108006),  # posted before the account became a professional one
        refusal(10, "(#10) Not enough viewers for the media to show insights"),
    ],
)
def test_a_media_without_insights_does_not_fail_the_others(
    wire: Wire, instagram: InstagramInsights, answer: Answer
) -> None:
    wire.on("/1/insights", answer).on("/2/insights", lifetime(views=2))
    assert instagram.read_posts(ACCESS, ["1", "2"]) == {"1": {}, "2": {"views": 2}}


def test_media_that_are_gone_or_of_others_are_missing(wire: Wire, instagram: InstagramInsights) -> None:
    gone = refusal(100, "Unsupported get request. Object with ID '1' does not exist", 33)
    wire.on("/1/insights", gone).on("/2/insights", lifetime(views=2))
    assert instagram.read_posts(ACCESS, ["1", "2"]) == {"2": {"views": 2}}


# ── account ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_account_tells_its_followers(wire: Wire, instagram: InstagramInsights) -> None:
    wire.on(f"/{ACCESS.user_id}", Answer(body={"followers_count": 1234, "id": ACCESS.user_id}))
    assert instagram.read_account(ACCESS) == {"followers": 1234}


def test_days_are_those_of_california_and_each_has_a_call_for_its_totals(
    wire: Wire, instagram: InstagramInsights
) -> None:
    wire.on(
        ACCOUNT,
        total(views=100, likes=9, comments=2, shares=1, saves=3),
        EMPTY,
        series("reach", ("2026-11-20T08:00:00", 70), ("2026-11-21T08:00:00", 80), ("2026-11-22T08:00:00", 1)),
        series("follower_count", ("2026-11-20T08:00:00", 4)),
    )
    assert instagram.read_days(ACCESS, date(2026, 11, 19), date(2026, 11, 20)) == [
        DayFigures(
            date(2026, 11, 19),
            {
                "views": 100, "likes": 9, "comments": 2, "shares": 1, "saves": 3,
                "reach": 70, "followers_gained": 4,
            },
        ),
        DayFigures(date(2026, 11, 20), {"reach": 80}),
    ]  # fmt: skip
    asked = [request.url.params for request in wire.sent(ACCOUNT)]
    midnight = int(datetime(2026, 11, 19, 8, tzinfo=UTC).timestamp())
    assert [(int(one["since"]) - midnight, int(one["until"]) - midnight) for one in asked] == [
        (0, 86400),
        (86400, 2 * 86400),
        (0, 2 * 86400),
        (0, 2 * 86400),
    ]
    assert dict(asked[0]) == {
        "metric": "views,likes,comments,shares,saves", "metric_type": "total_value", "period": "day",
        "since": str(midnight), "until": str(midnight + 86400),
    }  # fmt: skip


def test_a_long_range_is_asked_for_in_parts_below_thirty_days(wire: Wire, instagram: InstagramInsights) -> None:
    wire.on(ACCOUNT, EMPTY)
    assert instagram.read_days(ACCESS, date(2026, 10, 1), date(2026, 11, 25)) == []
    parts = [request.url.params for request in wire.sent(ACCOUNT) if request.url.params["metric"] == "reach"]
    lengths = [int(part["until"]) - int(part["since"]) for part in parts]
    assert max(lengths) <= 30 * 86400  # the first of November had 25 hours
    assert sum(lengths) == 56 * 86400 + 3600
    assert [part["since"] for part in parts[1:]] == [part["until"] for part in parts[:-1]]


def test_followers_gained_are_asked_for_only_where_they_are_kept(wire: Wire, instagram: InstagramInsights) -> None:
    wire.on(ACCOUNT, EMPTY)
    instagram.read_days(ACCESS, date(2026, 10, 1), date(2026, 11, 30))
    (asked,) = [
        request.url.params for request in wire.sent(ACCOUNT) if "follower_count" in request.url.params["metric"]
    ]
    assert datetime.fromtimestamp(int(asked["since"]), UTC) == datetime(2026, 10, 28, 7, tzinfo=UTC)
    assert datetime.fromtimestamp(int(asked["until"]), UTC) == datetime(2026, 11, 26, 8, tzinfo=UTC)


def test_a_small_account_is_told_no_followers_by_day(wire: Wire, instagram: InstagramInsights) -> None:
    refused = refusal(100, "(#100) (follower_count) metric is not available for accounts with fewer than 100 followers")
    wire.on(ACCOUNT, total(views=5), series("reach", ("2026-11-21T08:00:00", 3)), refused)
    (found,) = instagram.read_days(ACCESS, date(2026, 11, 20), date(2026, 11, 20))
    assert found.figures == {"views": 5, "reach": 3}


def test_followers_are_told_by_age_country_and_gender(wire: Wire, instagram: InstagramInsights) -> None:
    def by(name: str, **counts: int) -> Answer:
        rows = [{"dimension_values": [key], "value": value} for key, value in counts.items()]
        breakdowns = [{"dimension_keys": [name], "results": rows}]
        return Answer(body={"data": [{"name": "follower_demographics", "total_value": {"breakdowns": breakdowns}}]})

    wire.on(ACCOUNT, by("age", **{"18-24": 3, "65+": 1}), by("country", DE=9, AT=1), by("gender", F=5, M=3, U=2))
    found = [(share.dimension, share.value, share.share) for share in instagram.read_audience(ACCESS)]
    assert found == [
        ("age", "18-24", 0.75), ("age", "65+", 0.25),
        ("country", "DE", 0.9), ("country", "AT", 0.1),
        ("gender", "female", 0.5), ("gender", "male", 0.3), ("gender", "other", 0.2),
    ]  # fmt: skip
    asked = [request.url.params for request in wire.sent(ACCOUNT)]
    assert [one["breakdown"] for one in asked] == ["age", "country", "gender"]


@pytest.mark.parametrize("answer", [EMPTY, refusal(10, "(#10) Not enough users in this account to show insights")])
def test_of_a_small_account_no_audience_is_told(wire: Wire, instagram: InstagramInsights, answer: Answer) -> None:
    wire.on(ACCOUNT, answer)
    assert instagram.read_audience(ACCESS) == []


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (refusal(10, "(#10) Application does not have permission"), ScopeMissing, "insights_scope_missing"),
        (refusal(200), ScopeMissing, "insights_scope_missing"),
        (refusal(190, subcode=463), Expired, "token_expired"),
        (refusal(190, subcode=460), Disconnected, "needs_reconnect"),
        (refusal(4), TooManyRequests, "too_many_requests"),
        (refusal(80002), TooManyRequests, "too_many_requests"),
        (refusal(100, "(#100) Something else"), Refused, "platform_refused"),
        (refusal(2, status=500), UpstreamError, "remote_failed"),
        (Answer(502, {}), UpstreamError, "remote_failed"),
    ],
)  # fmt: skip
def test_a_refusal_has_one_meaning_wherever_it_comes(
    wire: Wire, instagram: InstagramInsights, answer: Answer, kind: type[Error], code: str
) -> None:
    wire.on("/insights", answer).on(MEDIA, answer).on(f"/{ACCESS.user_id}", answer)
    day = date(2026, 11, 20)
    for read in (
        lambda: list(instagram.list_posts(ACCESS, since=NOON)),
        lambda: instagram.read_posts(ACCESS, ["1"]),
        lambda: instagram.read_account(ACCESS),
        lambda: instagram.read_days(ACCESS, day, day),
        lambda: instagram.read_audience(ACCESS),
    ):
        with pytest.raises(Error) as refused:
            read()
        assert (type(refused.value), refused.value.code) == (kind, code)
        assert refused.value.remedy


def test_near_a_limit_an_account_is_left_to_publishing(wire: Wire, instagram: InstagramInsights) -> None:
    tight = {"x-business-use-case-usage": '{"1": [{"call_count": 95, "total_time": 10, "total_cputime": 10}]}'}
    wire.on("/1/insights", Answer(body=lifetime(views=1).body, headers=tight))
    assert instagram.read_posts(ACCESS, ["1"]) == {"1": {"views": 1}}
    with pytest.raises(TooManyRequests) as refused:
        instagram.read_posts(ACCESS, ["1"])
    assert (refused.value.code, len(wire.requests)) == ("insights_rest", 1)
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 60
