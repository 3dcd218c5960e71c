"""YouTube's figures over a scripted transport: what is asked, and what the answers mean."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.infrastructure.rate_limits import Rate
from content_pipeline.core.platforms import insights as shared
from content_pipeline.core.platforms.base import Expired, Refused
from content_pipeline.core.platforms.insights import DayFigures, ListedPost, ScopeMissing
from content_pipeline.core.platforms.youtube import insights as module
from content_pipeline.core.platforms.youtube.insights import YouTubeInsights
from tests.core.platforms.wire import ACCESS, Answer, Wire

pytestmark = pytest.mark.usefixtures("database")

NOON = datetime(2026, 11, 26, 20, tzinfo=UTC)  # in California
YEAR_START = datetime(2026, 1, 1, tzinfo=UTC)
CHANNELS, ITEMS, VIDEOS, REPORTS = "/v3/channels", "/v3/playlistItems", "/v3/videos", "/v2/reports"
UPLOADS = {"items": [{"contentDetails": {"relatedPlaylists": {"uploads": "UU1"}}}]}
COLUMNS = [
    "views", "likes", "comments", "shares", "estimatedMinutesWatched", "averageViewDuration",
    "subscribersGained", "subscribersLost",
]  # fmt: skip
youtube = YouTubeInsights()


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in shared, module:
        monkeypatch.setattr(each, "now", lambda: NOON)


def item(id: Any, published: str | None) -> dict[str, Any]:
    return {"contentDetails": {"videoId": id, **({"videoPublishedAt": published} if published else {})}}


def video(id: str, duration: str = "PT15S", **snippet: Any) -> dict[str, Any]:
    about = {"title": f"Video {id}", "description": "", "channelId": ACCESS.user_id, **snippet}
    return {"id": id, "snippet": about, "contentDetails": {"duration": duration}}


def counted(id: str, channel: str = ACCESS.user_id, **statistics: str) -> dict[str, Any]:
    return {"id": id, "snippet": {"channelId": channel}, "statistics": statistics}


def table(columns: list[str], *rows: list[Any]) -> Answer:
    """A report, which has no `rows` when there are none."""
    headers = [{"name": name, "columnType": "DIMENSION", "dataType": "STRING"} for name in columns]
    body = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": headers}
    return Answer(body={**body, **({"rows": list(rows)} if rows else {})})


def refusal(status: int, reason: str) -> Answer:
    return Answer(status, {"error": {"code": status, "message": "No.", "errors": [{"reason": reason}]}})


# ── listing ──────────────────────────────────────────────────────────────────────────────────────────────


def listed(wire: Wire, *pages: list[dict[str, Any]], since: datetime = YEAR_START) -> list[ListedPost]:
    answers = [
        Answer(body={"items": page, **({"nextPageToken": f"page-{number}"} if number < len(pages) else {})})
        for number, page in enumerate(pages, 1)
    ]
    wire.on(CHANNELS, Answer(body=UPLOADS)).on(ITEMS, *answers)
    return list(youtube.list_posts(ACCESS, since=since))


def test_the_uploads_of_a_channel_are_listed_with_their_texts_and_lengths(wire: Wire) -> None:
    about = video("b", "PT1M5S", title="Feed your starter", description="Twice a day.")
    wire.on(VIDEOS, Answer(body={"items": [about, video("a")]}))
    found = listed(wire, [item("a", "2026-11-20T10:00:00Z"), item("b", "2026-11-19T10:00:00Z")])
    assert found == [
        ListedPost(
            "a", "https://www.youtube.com/watch?v=a", "Video a", datetime(2026, 11, 20, 10, tzinfo=UTC), 15.0
        ),
        ListedPost(
            "b",
            "https://www.youtube.com/watch?v=b",
            "Feed your starter\n\nTwice a day.",
            datetime(2026, 11, 19, 10, tzinfo=UTC),
            65.0,
        ),
    ]  # fmt: skip
    assert wire.sent(ITEMS)[0].url.params["playlistId"] == "UU1"


def test_pages_are_read_until_a_video_is_older(wire: Wire) -> None:
    wire.on(VIDEOS, Answer(body={"items": [video("a")]}), Answer(body={"items": [video("b")]}))
    pages = [
        [item("a", "2026-11-20T10:00:00Z")],
        [item("b", "2026-11-10T10:00:00Z"), item("c", "2026-11-09T10:00:00Z")],
        [item("d", "2026-11-08T10:00:00Z")],
    ]
    found = listed(wire, *pages, since=datetime(2026, 11, 10, 10, tzinfo=UTC))
    assert [post.post_id for post in found] == ["a", "b"]
    assert [request.url.params.get("pageToken") for request in wire.sent(ITEMS)] == [None, "page-1"]


def test_videos_that_are_private_or_deleted_meanwhile_are_left_out(wire: Wire) -> None:
    wire.on(VIDEOS, Answer(body={"items": [video("c", "P0D")]}))
    found = listed(
        wire, [item("a", None), item("b", "2026-11-20T10:00:00Z"), item("c", "2026-11-19T10:00:00Z")]
    )  # fmt: skip
    assert [(post.post_id, post.seconds) for post in found] == [("c", None)]
    assert wire.sent(VIDEOS)[0].url.params["id"] == "b,c"


@pytest.mark.parametrize(
    "odd",
    [
        None,
        {},
        {"contentDetails": []},
        item("a", "soon"),
        item("a", "2026-11-20T10:00:00"),
        *(item(id, "2026-11-20T10:00:00Z") for id in (None, 7, [], ["a"], "")),
    ],
)
def test_an_upload_that_is_not_understood_hides_no_other(wire: Wire, odd: Any) -> None:
    wire.on(VIDEOS, Answer(body={"items": [video("b")]}))
    assert [post.post_id for post in listed(wire, [odd, item("b", "2026-11-19T10:00:00Z")])] == ["b"]


@pytest.mark.parametrize(
    "odd", [None, {}, {"id": "a"}, video("a", title=None, description=1), {**video("a"), "snippet": 1}]
)
def test_a_video_whose_texts_are_not_understood_hides_no_other(wire: Wire, odd: Any) -> None:
    wire.on(VIDEOS, Answer(body={"items": [odd, video("b")]}))
    found = listed(wire, [item("a", "2026-11-20T10:00:00Z"), item("b", "2026-11-19T10:00:00Z")])
    assert [post.post_id for post in found] == ["b"]


def test_a_channel_without_uploads_has_no_posts(wire: Wire) -> None:
    assert listed(wire, []) == []
    wire.on(ITEMS, refusal(404, "playlistNotFound"))  # of a channel that never had any
    assert list(youtube.list_posts(ACCESS, since=YEAR_START)) == []


def test_an_account_whose_channel_is_gone_is_told_so(wire: Wire) -> None:
    wire.on(CHANNELS, Answer(body={"kind": "youtube#channelListResponse"}))
    with pytest.raises(Refused) as refused:
        youtube.read_account(ACCESS)
    assert refused.value.code == "no_channel"


# ── totals ───────────────────────────────────────────────────────────────────────────────────────────────


def test_counts_that_come_as_text_are_numbers(wire: Wire) -> None:
    everything = counted("a", viewCount="12345678901", likeCount="20", favoriteCount="0", commentCount="0")
    wire.on(VIDEOS, Answer(body={"items": [everything, counted("b", viewCount="7")]}))
    assert youtube.read_posts(ACCESS, ["a", "b"]) == {
        "a": {"views": 12345678901, "likes": 20, "comments": 0},
        "b": {"views": 7},  # likes hidden, comments off
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "a"},
        counted("a", viewCount="many"),
        {**counted("a"), "statistics": None},
        {**counted("a"), "snippet": {"channelId": ["UC-other"]}, "statistics": 1},
        counted("a") | {"statistics": 1},
    ],
)
def test_a_video_whose_figures_are_not_understood_is_not_gone_and_hides_no_other(wire: Wire, odd: Any) -> None:
    unnamed = [{**counted("a"), "id": id} for id in (None, 7, ["a"], "")]
    wire.on(VIDEOS, Answer(body={"items": [None, *unnamed, odd, counted("b", viewCount="7")]}))
    assert youtube.read_posts(ACCESS, ["a", "b"]) == {"a": {}, "b": {"views": 7}}


@pytest.mark.parametrize("odd", [None, {**counted("a"), "id": 7}, counted("another")])
def test_figures_of_which_nobody_knows_the_video_are_of_none_and_let_none_vanish(wire: Wire, odd: Any) -> None:
    wire.on(VIDEOS, Answer(body={"items": [odd, counted("b", viewCount="7"), counted("c", "UC-other")]}))
    assert youtube.read_posts(ACCESS, ["a", "b", "c"]) == {"a": {}, "b": {"views": 7}}


def test_posts_that_are_gone_or_of_others_are_missing(wire: Wire) -> None:
    wire.on(VIDEOS, Answer(body={"items": [counted("a", viewCount="1"), counted("b", "UC-other", viewCount="9")]}))
    assert youtube.read_posts(ACCESS, ["a", "b", "gone"]) == {"a": {"views": 1}}


def test_fifty_videos_are_asked_for_at_once(wire: Wire) -> None:
    wire.on(VIDEOS, Answer(body={"items": []}))
    assert youtube.read_posts(ACCESS, [f"v{number}" for number in range(101)]) == {}
    assert [len(request.url.params["id"].split(",")) for request in wire.sent(VIDEOS)] == [50, 50, 1]


@pytest.mark.parametrize(
    ("hidden", "expected"), [(False, {"views": 900, "followers": 1230}), (True, {"views": 900})]
)  # fmt: skip
def test_the_channel_tells_its_subscribers_unless_they_are_hidden(
    wire: Wire, hidden: bool, expected: dict[str, float]
) -> None:
    statistics = {"viewCount": "900", "subscriberCount": "1230", "hiddenSubscriberCount": hidden, "videoCount": "3"}
    wire.on(CHANNELS, Answer(body={"items": [{"statistics": statistics}]}))
    assert youtube.read_account(ACCESS) == expected


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_day_has_growth_in_our_units(wire: Wire) -> None:
    wire.on(REPORTS, table(["day", *COLUMNS], ["2026-11-20", 100, 9, 2, 1, 25, 15, 7, 9]))
    assert youtube.read_days(ACCESS, date(2026, 11, 20), date(2026, 11, 22)) == [
        DayFigures(
            date(2026, 11, 20),
            {
                "views": 100, "likes": 9, "comments": 2, "shares": 1, "watch_seconds": 1500,
                "average_view_seconds": 15, "followers_gained": -2,
            },
        )
    ]  # fmt: skip
    (asked,) = wire.requests
    assert asked.url.host == "youtubeanalytics.googleapis.com"
    assert dict(asked.url.params) == {
        "ids": "channel==MINE", "startDate": "2026-11-20", "endDate": "2026-11-22", "dimensions": "day", "sort": "day",
        "metrics": ",".join(COLUMNS),
    }  # fmt: skip


def test_the_columns_are_read_by_their_names(wire: Wire) -> None:
    turned = ["day", *reversed(COLUMNS)]
    wire.on(REPORTS, table(turned, ["2026-11-20", 9, 7, 15, 25, 1, 2, 9, 100]))
    (found,) = youtube.read_days(ACCESS, date(2026, 11, 20), date(2026, 11, 20))
    assert (found.figures["views"], found.figures["followers_gained"]) == (100, -2)


def test_days_that_youtube_does_not_have_yet_are_missing(wire: Wire) -> None:
    wire.on(REPORTS, table(["day", *COLUMNS]))
    assert youtube.read_days(ACCESS, date(2026, 11, 24), date(2026, 11, 30)) == []
    assert wire.requests[0].url.params["endDate"] == "2026-11-25"
    assert youtube.read_days(ACCESS, date(2026, 11, 26), date(2026, 11, 30)) == []
    assert len(wire.requests) == 1


# ── audience ─────────────────────────────────────────────────────────────────────────────────────────────


def test_viewers_are_told_by_age_gender_and_country(wire: Wire) -> None:
    people = [["age18-24", "female", 40.0], ["age18-24", "male", 20.0], ["age65-", "user_specified", 40.0]]
    places = table(["country", "views"], ["DE", 30], ["AT", 10], ["ZZ", 60])
    wire.on(REPORTS, table(["ageGroup", "gender", "viewerPercentage"], *people), places)
    found = {(share.dimension, share.value): share.share for share in youtube.read_audience(ACCESS)}
    assert found == pytest.approx(
        {
            ("age", "18-24"): 0.6,
            ("age", "65+"): 0.4,
            ("gender", "female"): 0.4,
            ("gender", "male"): 0.2,
            ("gender", "other"): 0.4,
            ("country", "DE"): 0.75,
            ("country", "AT"): 0.25,
        }
    )
    assert (wire.requests[0].url.params["startDate"], wire.requests[0].url.params["endDate"]) == (
        "2026-08-28",
        "2026-11-25",
    )


def test_of_a_small_channel_nothing_is_told(wire: Wire) -> None:
    wire.on(REPORTS, table(["ageGroup", "gender", "viewerPercentage"]), table(["country", "views"]))
    assert youtube.read_audience(ACCESS) == []


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (refusal(403, "insufficientPermissions"), ScopeMissing, "insights_scope_missing"),
        (refusal(403, "forbidden"), ScopeMissing, "insights_scope_missing"),
        (refusal(403, "quotaExceeded"), TooManyRequests, "youtube_quota"),
        (refusal(429, "rateLimitExceeded"), TooManyRequests, "too_many_requests"),
        (refusal(401, "authError"), Expired, "token_expired"),
        (refusal(400, "badRequest"), Refused, "platform_refused"),
        (refusal(403, "accessNotConfigured"), Refused, "app_refused"),
        (refusal(500, "backendError"), UpstreamError, "remote_failed"),
    ],
)
def test_a_refusal_has_one_meaning_at_both_apis(wire: Wire, answer: Answer, kind: type[Error], code: str) -> None:
    wire.on(CHANNELS, answer).on(VIDEOS, answer).on(REPORTS, answer)
    day = date(2026, 11, 20)
    for read in (
        lambda: list(youtube.list_posts(ACCESS, since=YEAR_START)),
        lambda: youtube.read_posts(ACCESS, ["a"]),
        lambda: youtube.read_account(ACCESS),
        lambda: youtube.read_days(ACCESS, day, day),
        lambda: youtube.read_audience(ACCESS),
    ):
        with pytest.raises(Error) as refused:
            read()
        assert (type(refused.value), refused.value.code) == (kind, code)
        assert refused.value.remedy


def test_the_quota_is_left_to_publishing_when_the_share_is_used_up(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READS_SHARE", Rate(2, 24 * 3600))
    wire.on(VIDEOS, Answer(body={"items": []})).on(REPORTS, table(["day", *COLUMNS]))
    ids = [f"v{number}" for number in range(150)]
    with pytest.raises(TooManyRequests) as refused:
        youtube.read_posts(ACCESS, ids)
    assert refused.value.code == "insights_share"
    assert len(wire.sent(VIDEOS)) == 2
    youtube.read_days(ACCESS, date(2026, 11, 20), date(2026, 11, 20))  # of another quota


def test_an_answer_in_between_is_no_figure(wire: Wire) -> None:
    wire.on(REPORTS, Answer(502, {}))
    with pytest.raises(UpstreamError) as refused:
        youtube.read_days(ACCESS, date(2026, 11, 20), date(2026, 11, 20))
    assert refused.value.retryable
