"""YouTube's Analytics API in the sandbox, and the statistics of its Data API, against what is true."""

import json
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from googleapiclient.discovery_cache import get_static_doc

from sandbox.youtube.protocol import QUERY_REPORTS, STANDARD_PARAMETERS
from tests.sandbox.youtube.channel import ANALYTICS, API, SCOPES, Channel, reason
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.slow

REPORTS = "/youtubeanalytics.googleapis.com/v2/reports"
PACIFIC = ZoneInfo("America/Los_Angeles")
COUNTS = {"views": "views", "likes": "likes", "comments": "comments", "shares": "shares"}
COUNTS |= {"subscribersGained": "followers_gained", "subscribersLost": "followers_lost"}


@pytest.fixture
def channel(sandbox: Sandbox) -> Channel:
    """A channel with a past of eight videos in forty days."""
    sandbox.history("youtube", posts=8, days=40)
    return Channel.connected(sandbox, scope=" ".join([*SCOPES, ANALYTICS]))


def pacific_day(sandbox: Sandbox, ago: int = 0) -> date:
    return (sandbox.now().astimezone(PACIFIC) - timedelta(days=ago)).date()


def ask(channel: Channel, **changes: str | None) -> httpx.Response:
    query = {
        "ids": "channel==MINE",
        "startDate": str(pacific_day(channel.sandbox, 60)),
        "endDate": str(pacific_day(channel.sandbox)),
        "metrics": ",".join(COUNTS),
        **changes,
    }
    return channel.call("GET", REPORTS, params={name: value for name, value in query.items() if value is not None})


def table(channel: Channel, **changes: str) -> list[dict[str, Any]]:
    """The rows of a report by column name."""
    answer = ask(channel, **changes)
    assert answer.status_code == 200, answer.text
    names = [column["name"] for column in answer.json()["columnHeaders"]]
    return [dict(zip(names, row, strict=True)) for row in answer.json().get("rows", [])]


def truth(sandbox: Sandbox) -> dict[str, Any]:
    """The true figures of the last sixty days, by day."""
    first, last = (str(pacific_day(sandbox, ago)) for ago in (60, 0))
    return {day["day"]: day for day in sandbox.days("youtube", first, last, time_zone=str(PACIFIC))}


def counts(figures: dict[str, int]) -> dict[str, int]:
    return {theirs: figures[ours] for theirs, ours in COUNTS.items()}


# ── the Data API ─────────────────────────────────────────────────────────────────────────────────────────


def test_statistics_are_strings_of_what_is_true(channel: Channel) -> None:
    sandbox = channel.sandbox
    sandbox.advance(365 * 86_400)  # after a year nothing changes within seconds
    channel = Channel.connected(sandbox)
    (true,) = sandbox.figures("youtube")
    ids = [post["id"] for post in true["posts"]]
    listed = channel.call("GET", f"{API}/videos", params={"part": "statistics", "id": ",".join(ids)}).json()["items"]
    shown = {item["id"]: item["statistics"] for item in listed}
    for post in true["posts"]:
        assert shown[post["id"]]["viewCount"] == str(post["views"])
        assert shown[post["id"]]["likeCount"] == str(post["likes"])
        assert shown[post["id"]]["commentCount"] == str(post["comments"])
    mine = channel.call("GET", f"{API}/channels", params={"part": "statistics", "mine": "true"}).json()["items"][0]
    assert mine["statistics"]["viewCount"] == str(true["totals"]["views"])
    assert mine["statistics"]["videoCount"] == "8"


@pytest.mark.parametrize("followers", [0, 12, 5_678, 123_456])
def test_subscribers_are_rounded_down_to_three_digits(sandbox: Sandbox, followers: int) -> None:
    sandbox.history("youtube", posts=1, days=1, followers=followers)
    sandbox.delete_post("youtube", sandbox.posts()[0]["id"])  # from now on the number is the same
    sandbox.advance(400 * 86_400)
    digits = str(sandbox.figures("youtube")[0]["followers"])
    mine = Channel.connected(sandbox).call("GET", f"{API}/channels", params={"part": "statistics", "mine": "true"})
    assert mine.json()["items"][0]["statistics"]["subscriberCount"] == digits[:3].ljust(len(digits), "0")


def test_a_deleted_video_is_in_no_list(channel: Channel) -> None:
    gone, *_, kept = (post["id"] for post in channel.sandbox.posts())
    channel.sandbox.delete_post("youtube", gone)
    query = {"part": "id", "id": f"{gone},{kept}"}
    assert [item["id"] for item in channel.call("GET", f"{API}/videos", params=query).json()["items"]] == [kept]
    mine = {"part": "contentDetails,statistics", "mine": "true"}
    item = channel.call("GET", f"{API}/channels", params=mine).json()["items"][0]
    assert item["statistics"]["videoCount"] == "7"
    uploads = {"part": "contentDetails", "maxResults": "50"}
    uploads["playlistId"] = item["contentDetails"]["relatedPlaylists"]["uploads"]
    listed = channel.call("GET", f"{API}/playlistItems", params=uploads).json()["items"]
    ids = [each["contentDetails"]["videoId"] for each in listed]
    assert (len(ids), ids[0], gone in ids) == (7, kept, False)


def test_more_than_fifty_videos_are_refused(channel: Channel) -> None:
    query = {"part": "statistics", "id": ",".join(["x"] * 51)}
    assert reason(channel.call("GET", f"{API}/videos", params=query)) == (400, "invalidFilters")


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_days_of_a_channel_are_true_to_the_unit_once_they_are_final(channel: Channel) -> None:
    rows = table(channel, dimensions="day", sort="day")
    true = truth(channel.sandbox)
    final = [row for row in rows if row["day"] < str(pacific_day(channel.sandbox, 5))]
    assert len(final) > 30
    for row in final:
        assert row == {"day": row["day"], **counts(true[row["day"]]["totals"])}


def test_the_latest_days_come_late_and_too_low_and_are_corrected(channel: Channel) -> None:
    sandbox = channel.sandbox
    sandbox.set(youtube_lag_days=2, youtube_correction_days=2)
    day = str(pacific_day(sandbox))
    seen = []
    for _ in range(6):
        rows = {
            row["day"]: row["views"] for row in table(Channel.connected(sandbox, scope=ANALYTICS), dimensions="day")
        }
        seen.append(rows.get(day))
        sandbox.advance(86_400)
    true = truth(sandbox)[day]["totals"]["views"]
    assert seen[:3] == [None, None, None]
    assert 0 < seen[3] < true
    assert seen[5] == true


def test_rows_are_left_out_when_there_are_none(channel: Channel) -> None:
    today = str(pacific_day(channel.sandbox))
    answer = ask(channel, startDate=today, dimensions="day")
    assert answer.status_code == 200
    assert answer.json().keys() == {"kind", "columnHeaders"}
    assert answer.json()["columnHeaders"][0] == {"name": "day", "columnType": "DIMENSION", "dataType": "STRING"}


def test_days_of_videos_are_asked_with_a_list_of_videos(channel: Channel) -> None:
    made = [post["id"] for post in channel.sandbox.posts()]
    rows = table(channel, dimensions="day,video", filters=f"video=={','.join(made[:3])}", sort="day")
    true = truth(channel.sandbox)
    assert {row["video"] for row in rows} == set(made[:3])
    for row in rows:
        if row["day"] < str(pacific_day(channel.sandbox, 5)):
            assert row == {"day": row["day"], "video": row["video"], **counts(true[row["day"]]["posts"][row["video"]])}
    assert reason(ask(channel, dimensions="day,video")) == (400, "badRequest")
    many = ",".join(f"video{number}" for number in range(501))
    assert reason(ask(channel, dimensions="day,video", filters=f"video=={many}")) == (400, "badRequest")


def test_the_best_videos_have_an_order_and_a_length(channel: Channel) -> None:
    best = table(channel, dimensions="video", sort="-views", maxResults="3")
    views = [row["views"] for row in best]
    assert (len(views), views) == (3, sorted(views, reverse=True))
    page = table(channel, dimensions="video", sort="-views", maxResults="2", startIndex="2")
    assert page == best[1:]
    assert reason(ask(channel, dimensions="video", sort="-views")) == (400, "badRequest")
    assert reason(ask(channel, dimensions="video", maxResults="3")) == (400, "badRequest")


def test_a_report_without_dimensions_is_the_sum_of_the_days(channel: Channel) -> None:
    (whole,) = table(channel, metrics="views,estimatedMinutesWatched,averageViewDuration")
    days = table(channel, dimensions="day", metrics="views,estimatedMinutesWatched")
    assert whole["views"] == sum(day["views"] for day in days)
    assert 0 <= whole["estimatedMinutesWatched"] - sum(day["estimatedMinutesWatched"] for day in days) < len(days)
    seconds = 60 * whole["estimatedMinutesWatched"] / whole["views"]
    assert abs(whole["averageViewDuration"] - seconds) <= 1


def test_a_deleted_video_counts_for_the_channel_but_not_for_itself(channel: Channel) -> None:
    (before,) = table(channel)
    gone = channel.sandbox.posts()[0]["id"]
    channel.sandbox.delete_post("youtube", gone)
    (after,) = table(channel)
    assert after["views"] == before["views"]
    assert table(channel, filters=f"video=={gone}") == []
    assert gone not in [row["video"] for row in table(channel, dimensions="video", sort="-views", maxResults="50")]


def test_countries_share_the_views_to_the_unit(channel: Channel) -> None:
    rows = table(channel, dimensions="country", metrics="views", sort="-views")
    (whole,) = table(channel, metrics="views")
    assert sum(row["views"] for row in rows) == whole["views"]
    assert all(len(row["country"]) == 2 for row in rows)


def test_age_and_gender_are_percentages_from_some_views_on(channel: Channel) -> None:
    rows = table(channel, dimensions="ageGroup,gender", metrics="viewerPercentage")
    assert {row["gender"] for row in rows} == {"female", "male", "user_specified"}
    assert {"age13-17", "age65-"} < {row["ageGroup"] for row in rows}
    assert abs(sum(row["viewerPercentage"] for row in rows) - 100) < 1.5
    header = ask(channel, dimensions="gender", metrics="viewerPercentage").json()["columnHeaders"][1]
    assert header["dataType"] == "FLOAT"
    channel.sandbox.set(youtube_demographics_views=10**9)
    assert table(channel, dimensions="ageGroup,gender", metrics="viewerPercentage") == []


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrics": "views,impressions"}, "Unknown identifier (impressions) given in field parameters.metrics."),
        ({"dimensions": "hour"}, "Unknown identifier (hour) given in field parameters.dimensions."),
        ({"sort": "day"}, "Unknown identifier (day) given in field parameters.sort."),
        ({"startDate": "1.2.2026"}, "Could not parse content (1.2.2026) of field startDate."),
        ({"dimensions": "day,country"}, "The query is not supported."),
        ({"dimensions": "gender"}, "The query is not supported."),
        ({"metrics": "viewerPercentage"}, "The query is not supported."),
        ({"filters": "country==DE"}, "The query is not supported."),
        ({"startDate": "2026-02-02", "endDate": "2026-02-01"}, "The value of field endDate"),
        ({"maxResults": "0"}, "Could not parse content (0) of field maxResults."),
        ({"when": "now"}, "Invalid JSON payload received."),
    ],
)
def test_a_wrong_query_is_refused_with_its_reason(channel: Channel, changes: dict[str, str], message: str) -> None:
    answer = ask(channel, **changes)
    assert reason(answer) == (400, "badRequest")
    assert answer.json()["error"]["message"].startswith(message)


@pytest.mark.parametrize("name", ["ids", "startDate", "endDate", "metrics"])
def test_what_is_required_is_required(channel: Channel, name: str) -> None:
    assert reason(ask(channel, **{name: None})) == (400, "required")


def test_reports_are_for_the_owner_with_the_scope(channel: Channel) -> None:
    assert reason(ask(channel, ids="channel==UCsomebodyelse")) == (403, "forbidden")
    assert reason(ask(Channel.connected(channel.sandbox))) == (403, "insufficientPermissions")
    assert reason(ask(Channel(channel.sandbox, "no token"))) == (401, "authError")


@pytest.mark.parametrize("status", [429, 503])
def test_faults_can_be_ordered_for_reports(channel: Channel, status: int) -> None:
    channel.sandbox.fail("youtube", "insights", "status", status=status)
    assert ask(channel).status_code == status
    assert ask(channel).status_code == 200
    assert channel.sandbox.requests()[-1]["step"] == "insights"


def test_reports_cost_no_units_of_the_data_api(channel: Channel) -> None:
    channel.sandbox.set(youtube_units_per_day=1)
    assert [ask(channel).status_code for _ in range(3)] == [200, 200, 200]


def test_the_method_is_the_one_of_the_discovery_document(channel: Channel) -> None:
    document = json.loads(get_static_doc("youtubeAnalytics", "v2"))
    theirs = document["resources"]["reports"]["methods"]["query"]
    assert (QUERY_REPORTS.verb, QUERY_REPORTS.path) == (theirs["httpMethod"], f"/{theirs['path']}")
    assert QUERY_REPORTS.parameters <= theirs["parameters"].keys()
    assert set(QUERY_REPORTS.scopes) <= set(theirs["scopes"])
    assert document["parameters"].keys() >= STANDARD_PARAMETERS
    answer = ask(channel, dimensions="day").json()
    assert answer.keys() <= document["schemas"]["QueryResponse"]["properties"].keys()
    columns = document["schemas"]["ResultTableColumnHeader"]["properties"].keys()
    assert all(header.keys() == columns for header in answer["columnHeaders"])
