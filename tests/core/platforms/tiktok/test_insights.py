"""TikTok's figures over a scripted transport: what is asked, and what the answers mean."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.infrastructure.rate_limits import Rate
from content_pipeline.core.platforms.base import Access, Expired, Refused
from content_pipeline.core.platforms.insights import ListedPost, ScopeMissing
from content_pipeline.core.platforms.tiktok import api
from content_pipeline.core.platforms.tiktok.insights import TikTokInsights
from tests.core.platforms.wire import ACCESS, Answer, Wire, body

pytestmark = pytest.mark.usefixtures("database")

LIST, QUERY, USER = "/v2/video/list/", "/v2/video/query/", "/v2/user/info/"
YEAR_START = datetime(2026, 1, 1, tzinfo=UTC)
tiktok = TikTokInsights()


def ok(**data: Any) -> Answer:
    return Answer(body={"data": data, "error": {"code": "ok", "message": "", "log_id": "1"}})


def refusal(code: str, status: int) -> Answer:
    return Answer(status, {"error": {"code": code, "message": "No", "log_id": "1"}})


def video(id: str, day: int) -> dict[str, Any]:
    return {
        "id": id,
        "create_time": int(datetime(2026, 11, day, 10, tzinfo=UTC).timestamp()),
        "share_url": f"https://www.tiktok.com/@mara/video/{id}?utm_campaign=tt4d_open_api&utm_source=aw1",
        "video_description": f"Video {id} #bread",
        "duration": 15,
    }


def test_videos_are_listed_until_one_is_older(wire: Wire) -> None:
    wire.on(
        LIST,
        ok(videos=[video("7512345678901234567", 20)], cursor=1763632800000, has_more=True),
        ok(videos=[video("2", 19), video("3", 17)], cursor=1763373600000, has_more=True),
        ok(videos=[video("4", 16)], cursor=0, has_more=False),
    )
    found = list(tiktok.list_posts(ACCESS, since=datetime(2026, 11, 18, tzinfo=UTC)))
    assert found[0] == ListedPost(
        "7512345678901234567",
        "https://www.tiktok.com/@mara/video/7512345678901234567",
        "Video 7512345678901234567 #bread",
        datetime(2026, 11, 20, 10, tzinfo=UTC),
        15,
    )
    assert [post.post_id for post in found[1:]] == ["2"]
    assert [body(request) for request in wire.sent(LIST)] == [
        {"max_count": 20},
        {"max_count": 20, "cursor": 1763632800000},
    ]
    assert wire.requests[0].url.params["fields"] == "id,create_time,share_url,video_description,duration"


@pytest.mark.parametrize("data", [{"cursor": 0, "has_more": False}, {"videos": [], "cursor": 0, "has_more": False}])
def test_an_account_without_public_videos_has_no_posts(wire: Wire, data: dict[str, Any]) -> None:
    wire.on(LIST, ok(**data))
    assert list(tiktok.list_posts(ACCESS, since=YEAR_START)) == []


def test_twenty_videos_are_asked_for_at_once_and_those_that_are_gone_are_missing(wire: Wire) -> None:
    counts = {"view_count": 3_000_000_000, "like_count": 9, "comment_count": 2, "share_count": 0}
    wire.on(QUERY, ok(videos=[{"id": "v3", **counts}]), ok(videos=[]))
    assert tiktok.read_posts(ACCESS, [f"v{number}" for number in range(21)]) == {
        "v3": {"views": 3_000_000_000, "likes": 9, "comments": 2, "shares": 0}
    }
    asked = [body(request)["filters"]["video_ids"] for request in wire.sent(QUERY)]
    assert asked == [[f"v{number}" for number in range(20)], ["v20"]]
    assert wire.requests[0].url.params["fields"] == "id,view_count,like_count,comment_count,share_count"


@pytest.mark.parametrize(
    "odd",
    [
        None,
        {},
        {**video("1", 20), "id": None},
        {**video("1", 20), "create_time": "soon"},
        {**video("1", 20), "create_time": 1e300},
        {**video("1", 20), "video_description": 7},
        {**video("1", 20), "share_url": "https://www.tiktok.com/\0"},
        {**video("1", 20), "duration": "long"},
    ],
)
def test_a_video_that_is_not_understood_hides_no_other_in_the_list(wire: Wire, odd: Any) -> None:
    wire.on(LIST, ok(videos=[odd, video("2", 19)], has_more=False))
    assert [post.post_id for post in tiktok.list_posts(ACCESS, since=YEAR_START)] == ["2"]


def test_a_video_without_a_description_is_listed(wire: Wire) -> None:
    wire.on(LIST, ok(videos=[{**video("1", 20), "video_description": None}], has_more=False))
    assert [post.text for post in tiktok.list_posts(ACCESS, since=YEAR_START)] == [""]


@pytest.mark.parametrize("odd", ["many", True, 10**400, [1]])
def test_a_video_whose_figures_are_not_understood_is_not_gone_and_hides_no_other(wire: Wire, odd: Any) -> None:
    figures = {"view_count": 5, "like_count": None}
    wire.on(QUERY, ok(videos=[None, {}, {"id": "1", "view_count": odd}, {"id": "2", **figures}]))
    assert tiktok.read_posts(ACCESS, ["1", "2"]) == {"1": {}, "2": {"views": 5}}


@pytest.mark.parametrize("odd", [None, {"view_count": 7}, {"id": 1, "view_count": 7}, {"id": "another"}])
def test_figures_of_which_nobody_knows_the_video_are_of_none_and_let_none_vanish(wire: Wire, odd: Any) -> None:
    wire.on(QUERY, ok(videos=[odd, {"id": "2", "view_count": 5}]))
    assert tiktok.read_posts(ACCESS, ["1", "2"]) == {"1": {}, "2": {"views": 5}}


def test_an_account_tells_its_followers_and_all_likes_that_it_got(wire: Wire) -> None:
    wire.on(USER, ok(user={"follower_count": 1234, "likes_count": 99_000}))
    assert tiktok.read_account(ACCESS) == {"followers": 1234, "likes": 99_000}
    (asked,) = wire.requests
    assert (asked.method, asked.content, asked.url.params["fields"]) == ("GET", b"", "follower_count,likes_count")


def test_tiktok_is_not_asked_for_days_and_audience_which_it_does_not_tell(wire: Wire) -> None:
    day = date(2026, 11, 20)
    assert (tiktok.days_in, tiktok.read_days(ACCESS, day, day), tiktok.read_audience(ACCESS)) == (None, [], [])
    assert wire.requests == []


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (refusal("scope_not_authorized", 401), ScopeMissing, "insights_scope_missing"),
        (refusal("scope_permission_missed", 401), ScopeMissing, "insights_scope_missing"),
        (refusal("access_token_invalid", 401), Expired, "token_expired"),
        (refusal("rate_limit_exceeded", 429), TooManyRequests, "too_many_requests"),
        (refusal("invalid_params", 400), Refused, "platform_refused"),
        (refusal("internal_error", 500), UpstreamError, "remote_failed"),
        (Answer(502, {}), UpstreamError, "remote_failed"),
    ],
)
def test_a_refusal_has_one_meaning_wherever_it_comes(wire: Wire, answer: Answer, kind: type[Error], code: str) -> None:
    wire.on(LIST, answer).on(QUERY, answer).on(USER, answer)
    for read in (
        lambda: list(tiktok.list_posts(ACCESS, since=YEAR_START)),
        lambda: tiktok.read_posts(ACCESS, ["1"]),
        lambda: tiktok.read_account(ACCESS),
    ):
        with pytest.raises(Error) as refused:
            read()
        assert (type(refused.value), refused.value.code) == (kind, code)
        assert refused.value.remedy


def test_the_limit_of_the_app_is_kept_for_all_accounts_together(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "APP_RATE", Rate(2, 60))
    wire.on(USER, ok(user={"follower_count": 1}))
    tiktok.read_account(ACCESS)
    tiktok.read_account(Access("another", "token"))
    with pytest.raises(TooManyRequests) as refused:
        tiktok.read_account(Access("a third", "token"))
    assert (refused.value.code, len(wire.requests)) == ("platform_pace", 2)
