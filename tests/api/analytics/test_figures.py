"""Metrics, posts, audiences and best times over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.analytics import daily
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import (
    AudienceShare,
)
from tests.api.analytics.rows import days_ago, hours_ago, record
from tests.api.client_workspace import workspace_of
from tests.api.conftest import PUBLIC
from tests.factories import make_account, make_publication, make_twin
from tests.metric_history import History


def get(client: TestClient, path: str, **query: Any) -> Any:
    answer = client.get(f"{PUBLIC}/analytics/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_row_has_the_fields_of_the_specification(client: TestClient, account_id: UUID) -> None:
    record(account_id, 0, views=15420, likes=823, comments=94, shares=201, followers_gained=47)
    (row,) = get(client, "social", platform="instagram", days=1)
    assert (
        row.items()
        >= {
            "platform": "instagram",
            "date": days_ago(0).isoformat(),
            "views": 15420,
            "likes": 823,
            "comments": 94,
            "shares": 201,
            "followers_gained": 47,
        }.items()
    )


def test_rows_and_summary_of_a_fresh_account_say_by_when_its_first_figures_are_expected(
    client: TestClient, account_id: UUID
) -> None:
    moments = {
        zone: {row["first_figures_by"] for row in get(client, "social", timezone=zone)}
        | {get(client, "social/summary", timezone=zone)["first_figures_by"]}
        for zone in ("UTC", "Asia/Kolkata")
    }
    (utc,), (kolkata,) = moments.values()
    assert utc.endswith(":00Z")
    assert kolkata.endswith(":00+05:30")
    moment = datetime.fromisoformat(utc)
    assert moment == datetime.fromisoformat(kolkata)
    assert now() < moment < now() + timedelta(minutes=5)
    record(account_id, 0, views=7)
    assert get(client, "social", days=1)[0]["first_figures_by"] is None
    assert get(client, "social/summary")["first_figures_by"] is None


def test_every_day_is_present_in_order_and_unknown_figures_are_null(client: TestClient, account_id: UUID) -> None:
    record(account_id, 3, views=7)
    rows = get(client, "social", days=5)
    assert [row["date"] for row in rows] == [days_ago(ago).isoformat() for ago in (4, 3, 2, 1, 0)]
    assert [row["views"] for row in rows] == [None, 7, None, None, None]


def test_the_default_is_thirty_days_of_all_platforms_with_accounts(client: TestClient, account_id: UUID) -> None:
    with transaction() as session:
        make_account(session, workspace_of(client), "youtube")
    rows = get(client, "social")
    assert len(rows) == 60
    assert [row["platform"] for row in rows[:2]] == ["instagram", "youtube"]


def test_the_accounts_of_a_platform_are_added_up_and_their_average_is_weighted(
    client: TestClient, account_id: UUID
) -> None:
    with transaction() as session:
        second = make_account(session, workspace_of(client), "instagram").id
    record(account_id, 0, views=100, average_view_seconds=4.0, followers=10)
    record(second, 0, views=300, average_view_seconds=8.0, followers=20)
    (row,) = get(client, "social", days=1)
    assert (row["views"], row["average_view_seconds"], row["followers"]) == (400, 7.0, 30)


def test_another_workspace_s_figures_are_not_shown(client: TestClient, connect: Any, account_id: UUID) -> None:
    record(account_id, 0, views=9)
    assert get(connect(), "social", days=1) == []


def test_a_platform_without_accounts_has_days_without_figures(client: TestClient) -> None:
    assert [row["views"] for row in get(client, "social", platform="tiktok", days=2)] == [None, None]


@pytest.mark.slow
def test_a_twin_s_figures_are_those_of_its_posts(client: TestClient) -> None:
    workspace_id = workspace_of(client)
    with transaction() as session:
        twin_id = make_twin(session, workspace_id).id
    history = History(workspace_id)
    midnight = datetime.combine(now().date(), datetime.min.time(), UTC)
    mine, external = (
        history.post(midnight - timedelta(days=1), twin_id=twin_id),
        history.post(midnight - timedelta(days=1)),
    )
    for post_id, views in ((mine, 50), (external, 900)):
        history.read(midnight, post_id, views=views)
    with transaction() as session:
        daily.derive(session, history.account_id, days_ago(1), days_ago(1))
    assert [row["views"] for row in get(client, "social", days=2, twin_id=twin_id)] == [50, None]
    assert [row["views"] for row in get(client, "social", days=2)] == [950, None]


def test_the_summary_has_totals_deltas_and_percent_by_platform_and_overall(
    client: TestClient, account_id: UUID
) -> None:
    with transaction() as session:
        video = make_account(session, workspace_of(client), "youtube").id
    for ago, views, followers in ((0, 60, 120), (1, 60, 110), (2, 50, 100), (3, 50, 90)):
        record(account_id, ago, views=views, followers=followers)
    record(video, 1, views=30)
    found = get(client, "social/summary", days=2)
    assert (found["start"], found["end"]) == (days_ago(1).isoformat(), days_ago(0).isoformat())
    assert found["totals"]["views"] == 150
    mine = found["platforms"]["instagram"]
    assert [mine[part]["views"] for part in ("totals", "previous", "deltas", "percent")] == [120, 100, 20, 20.0]
    assert [mine[part]["followers"] for part in ("totals", "previous", "deltas")] == [120, 100, 20]
    other = found["platforms"]["youtube"]
    assert [other[part]["views"] for part in ("totals", "previous", "deltas", "percent")] == [30, None, None, None]


def test_the_summary_of_one_platform_leaves_out_the_others(client: TestClient, account_id: UUID) -> None:
    with transaction() as session:
        video = make_account(session, workspace_of(client), "youtube").id
    record(account_id, 0, views=60)
    record(video, 0, views=30)
    found = get(client, "social/summary", days=1, platform="youtube")
    assert (found["totals"]["views"], list(found["platforms"])) == (30, ["youtube"])


def test_a_change_from_zero_has_no_percent(client: TestClient, account_id: UUID) -> None:
    record(account_id, 0, likes=5)
    record(account_id, 1, likes=0)
    found = get(client, "social/summary", days=1)
    assert (found["deltas"]["likes"], found["percent"]["likes"]) == (5, None)


def test_the_summary_of_a_workspace_without_accounts_is_empty(client: TestClient) -> None:
    found = get(client, "social/summary")
    assert (found["totals"]["views"], found["platforms"]) == (None, {})


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"days": 0}, 422, "schema"),
        ({"days": -30}, 422, "schema"),
        ({"days": "\N{MINUS SIGN}30"}, 422, "schema"),
        ({"days": "1e3"}, 422, "schema"),
        ({"days": "nan"}, 422, "schema"),
        ({"days": 732}, 400, "days_not_kept"),
        ({"days": 2**63}, 400, "days_not_kept"),
        ({"platform": "myspace"}, 422, "schema"),
        ({"twin_id": str(uuid4())}, 404, "twin_not_found"),
        ({"twin_id": "\x00"}, 422, "schema"),
    ],
)
@pytest.mark.parametrize("path", ["social", "social/summary", "posts", "audience", "best-times"])
def test_a_bad_request_says_what_is_wrong(
    client: TestClient, path: str, query: dict[str, Any], status: int, code: str
) -> None:
    answer = client.get(f"{PUBLIC}/analytics/{path}", params=query)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["detail"]


def test_the_summary_needs_the_period_before_to_be_kept_too(client: TestClient) -> None:
    answer = client.get(f"{PUBLIC}/analytics/social/summary", params={"days": 366})
    assert (answer.status_code, answer.json()["remedy"]) == (400, "Ask for up to 365 days.")


def test_a_twin_of_another_workspace_is_unknown(client: TestClient, connect: Any) -> None:
    other = connect()
    with transaction() as session:
        twin_id = make_twin(session, workspace_of(other)).id
    assert client.get(f"{PUBLIC}/analytics/social", params={"twin_id": str(twin_id)}).status_code == 404


def test_posts_are_ranked_by_their_latest_totals(client: TestClient) -> None:
    history = History(workspace_of(client))
    good, bad = history.post(hours_ago(30), read_at=now()), history.post(hours_ago(20), read_at=now())
    history.post(hours_ago(1))
    for post_id, views in ((good, 10), (bad, 20)):
        history.read(hours_ago(12), post_id, views=views)
    for post_id, views, likes in ((good, 900, 1), (bad, 30, 5)):
        history.read(hours_ago(6), post_id, views=views, likes=likes)
    ids = history.post_ids()
    best = get(client, "posts")
    assert [post["post_id"] for post in best] == [ids[good], ids[bad]]
    assert [post["figures"]["views"] for post in best] == [900, 30]
    assert get(client, "posts", order="worst", limit=1)[0]["post_id"] == ids[bad]
    assert get(client, "posts", by="likes")[0]["post_id"] == ids[bad]


def test_a_post_shows_where_it_came_from(client: TestClient) -> None:
    history = History(workspace_of(client))
    with transaction() as session:
        twin = make_twin(session, history.workspace_id)
        published = make_publication(session, history.account_id, twin_id=twin.id)
    made = history.post(hours_ago(8), publication_id=published.id, twin_id=twin.id, read_at=now())
    elsewhere = history.post(hours_ago(8), read_at=now(), vanished_at=now())
    for post_id, views in ((made, 2), (elsewhere, 1)):
        history.read(hours_ago(1), post_id, views=views)
    own, external = get(client, "posts")
    assert own["external"] is False
    assert own["twin"] == {"id": str(twin.id), "name": twin.name}
    assert (own["format"], own["script"], own["caption_style"]) == ("video", "Bread needs time.", "long")
    assert (external["external"], external["twin"], external["format"]) == (True, None, None)
    assert external["vanished_at"]
    assert len(get(client, "posts", twin_id=twin.id)) == 1


def test_posts_before_the_period_are_left_out(client: TestClient) -> None:
    history = History(workspace_of(client))
    post_id = history.post(hours_ago(24 * 9), read_at=now())
    history.read(hours_ago(1), post_id, views=5)
    assert get(client, "posts", days=7) == []
    assert len(get(client, "posts", days=10)) == 1


def test_the_latest_audience_of_each_account_is_shown(client: TestClient, account_id: UUID) -> None:
    with transaction() as session:
        for ago, dimension, value, share in (
            (1, "gender", "male", 1.0),
            (0, "gender", "female", 0.6),
            (0, "gender", "male", 0.4),
            (0, "country", "DE", 0.9),
        ):
            session.add(
                AudienceShare(account_id=account_id, day=days_ago(ago), dimension=dimension, value=value, share=share)
            )
    (found,) = get(client, "audience")
    assert found["date"] == days_ago(0).isoformat()
    assert found["gender"] == [{"value": "female", "share": 0.6}, {"value": "male", "share": 0.4}]
    assert (found["country"], found["age"]) == ([{"value": "DE", "share": 0.9}], [])
    assert get(client, "audience", platform="youtube") == []


def test_a_twin_s_audiences_are_those_of_the_accounts_on_which_it_posts(client: TestClient) -> None:
    history = History(workspace_of(client))
    with transaction() as session:
        twins = [make_twin(session, history.workspace_id).id for _ in range(2)]
        share = AudienceShare(account_id=history.account_id, day=days_ago(0), dimension="age", value="25-34", share=0.5)
        session.add(share)
    history.post(hours_ago(8), twin_id=twins[0])
    assert [len(get(client, "audience", twin_id=twin_id)) for twin_id in twins] == [1, 0]


def test_the_best_times_of_each_account_are_shown_in_a_time_zone(client: TestClient) -> None:
    history = History(workspace_of(client))
    wednesday = datetime(2026, 1, 7, 22, 30, tzinfo=UTC)
    first = wednesday + timedelta(weeks=(hours_ago(24 * 40) - wednesday) // timedelta(weeks=1))
    for week in range(4):
        evening = history.post(first + timedelta(weeks=week), read_at=now())
        morning = history.post(first + timedelta(weeks=week, hours=-60), read_at=now())
        history.read(hours_ago(1), evening, views=4000)
        history.read(hours_ago(1), morning, views=500)
    history.read(hours_ago(1), history.post(hours_ago(20)), views=10**6)  # too young to say anything
    (found,) = get(client, "best-times", days=90, limit=3, timezone="Asia/Tokyo")
    assert (found["account_id"], found["posts"], len(found["slots"])) == (str(history.account_id), 8, 3)
    best = found["slots"][0]
    assert (best["weekday"], best["hour"], best["posts"]) == ("thursday", 7, 4)
    assert best["index"] > 1
    assert best["confidence"] > 0.8


def test_days_may_be_those_of_a_time_zone(client: TestClient, account_id: UUID) -> None:
    record(account_id, 3, views=2400, followers=5)
    kiritimati = {"timezone": "Pacific/Kiritimati", "days": 7}
    days = {row["date"]: (row["views"], row["estimated"]) for row in get(client, "social", **kiritimati)}
    assert len(days) == 7
    # 14 hours ahead: of a day in UTC, ten hours belong to the same date there, and the others to the next one.
    assert [days[days_ago(ago).isoformat()] for ago in (3, 2)] == [(1000, True), (1400, True)]
    summary = get(client, "social/summary", **kiritimati)
    assert (summary["totals"]["views"], summary["totals"]["followers"]) == (2400, 5)
    assert summary["end"] == now().astimezone(ZoneInfo("Pacific/Kiritimati")).date().isoformat()


@pytest.mark.parametrize("path", ["social", "social/summary", "best-times"])
def test_an_unknown_time_zone_is_refused(client: TestClient, path: str) -> None:
    answer = client.get(f"{PUBLIC}/analytics/{path}", params={"timezone": "Mars/Olympus"})
    assert (answer.status_code, answer.json()["code"]) == (422, "schema")
    assert "Europe/Berlin" in answer.json()["detail"]
