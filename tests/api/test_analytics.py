"""Analytics over HTTP."""

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from content_pipeline.core.analytics import daily
from content_pipeline.core.clock import now
from content_pipeline.core.database import transaction
from content_pipeline.core.models import (
    Account,
    AnalyticsExport,
    AudienceShare,
    DailyMetric,
    DailyPostMetric,
    ReportedDay,
)
from content_pipeline.core.workspaces import workspaces
from tests.api.conftest import PUBLIC
from tests.export_runs import run_export
from tests.factories import make_account, make_publication, make_twin
from tests.metric_history import History


def workspace_of(client: TestClient) -> UUID:
    with transaction() as session:
        return workspaces.authenticate(session, client.headers["X-API-Key"]).workspace_id


def days_ago(count: int) -> date:
    return now().date() - timedelta(days=count)


def record(account_id: UUID, ago: int, **figures: Any) -> None:
    """The derived figures of one day of an account."""
    with transaction() as session:
        session.add(DailyMetric(account_id=account_id, day=days_ago(ago), estimated=False, **figures))


@pytest.fixture
def account_id(client: TestClient) -> UUID:
    with transaction() as session:
        return make_account(session, workspace_of(client), "instagram").id


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


def hours_ago(count: float) -> datetime:
    return now() - timedelta(hours=count)


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


def ingest(client: TestClient, *rows: dict[str, Any]) -> Any:
    return client.post(f"{PUBLIC}/analytics/ingest", json={"rows": list(rows)})


def stated_days(account_id: UUID) -> dict[int, tuple[int | None, int | None]]:
    """The views and saves that were stated, by how many days ago."""
    with transaction() as session:
        rows = session.scalars(select(ReportedDay).where(ReportedDay.account_id == account_id))
        return {(days_ago(0) - row.day).days: (row.views, row.saves) for row in rows if row.source == "external"}


def test_figures_that_an_operator_states_are_stored_as_external(client: TestClient, account_id: UUID) -> None:
    row = {"account_id": str(account_id), "date": days_ago(2).isoformat(), "saves": 7}
    answer = ingest(client, row, {**row, "date": days_ago(1).isoformat(), "views": 0})
    assert (answer.status_code, answer.json()) == (200, {"rows": 2}), answer.text
    assert stated_days(account_id) == {2: (None, 7), 1: (0, 7)}


def test_a_day_that_is_stated_again_replaces_what_was_stated(client: TestClient, account_id: UUID) -> None:
    row = {"account_id": str(account_id), "date": days_ago(2).isoformat()}
    ingest(client, {**row, "views": 5, "saves": 7})
    ingest(client, {**row, "saves": 8})
    assert stated_days(account_id) == {2: (None, 8)}


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"date": (days_ago(0) + timedelta(days=1)).isoformat()}, 400, "ingest_rows_invalid"),
        ({"date": days_ago(800).isoformat()}, 400, "ingest_rows_invalid"),
        ({"date": days_ago(1).isoformat()}, 400, "ingest_rows_invalid"),
        ({"saves": None}, 400, "ingest_rows_invalid"),
        ({"saves": -1}, 422, "schema"),
        ({"saves": "many"}, 422, "schema"),
        ({"saves": "\N{MINUS SIGN}5"}, 422, "schema"),
        ({"saves": 2**63}, 422, "schema"),
        ({"saves": 1e308}, 422, "schema"),
        ({"watch_seconds": 1e308}, 422, "schema"),
        ({"watch_seconds": "NaN"}, 422, "schema"),
        ({"followers_gained": -(2**63)}, 422, "schema"),
        ({"date": "0000-01-01"}, 422, "schema"),
        ({"date": "0001-01-01"}, 400, "ingest_rows_invalid"),
        ({"date": "9999-12-31"}, 400, "ingest_rows_invalid"),
        ({"date": "10000-01-01"}, 422, "schema"),
        ({"account_id": "1 or 1=1"}, 422, "schema"),
        ({"hearts": 3}, 422, "schema"),
        ({"account_id": str(uuid4())}, 404, "account_not_found"),
    ],
)
def test_one_wrong_row_stores_none(
    client: TestClient, account_id: UUID, wrong: dict[str, Any], status: int, code: str
) -> None:
    good = {"account_id": str(account_id), "date": days_ago(1).isoformat(), "saves": 7}
    answer = ingest(client, good, {**good, "date": days_ago(2).isoformat(), **wrong})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["detail"]
    if status != 404:
        assert [error["pointer"].startswith("/rows/1") for error in answer.json()["errors"]] == [True]
    assert stated_days(account_id) == {}


def test_an_account_of_another_workspace_cannot_be_told_of(client: TestClient, connect: Any, account_id: UUID) -> None:
    row = {"account_id": str(account_id), "date": days_ago(1).isoformat(), "saves": 7}
    assert ingest(connect(), row).status_code == 404
    assert stated_days(account_id) == {}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_json_does_not_have_is_refused(client: TestClient, account_id: UUID, number: str) -> None:
    row = f'{{"account_id": "{account_id}", "date": "{days_ago(1)}", "watch_seconds": {number}}}'
    answer = client.post(
        f"{PUBLIC}/analytics/ingest",
        content=f'{{"rows": [{row}]}}',
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "schema"), answer.text
    assert stated_days(account_id) == {}


def test_an_ingest_of_ten_megabytes_is_refused(client: TestClient, account_id: UUID) -> None:
    answer = client.post(f"{PUBLIC}/analytics/ingest", content=b'{"rows": [' + b" " * 10_000_000 + b"]}")
    assert answer.status_code == 413
    assert stated_days(account_id) == {}


@pytest.mark.parametrize("count", [0, 1001])
def test_an_ingest_has_one_to_a_thousand_rows(client: TestClient, account_id: UUID, count: int) -> None:
    rows = [{"account_id": str(account_id), "date": days_ago(1).isoformat(), "saves": 1}] * count
    assert ingest(client, *rows).status_code == 422
    assert stated_days(account_id) == {}


def test_a_disconnected_account_can_be_told_of(client: TestClient, account_id: UUID) -> None:
    with transaction() as session:
        session.get_one(Account, account_id).status = "disconnected"
    assert ingest(client, {"account_id": str(account_id), "date": days_ago(2).isoformat(), "saves": 7}).is_success
    assert stated_days(account_id) == {2: (None, 7)}


def test_two_ingests_of_the_same_days_in_another_order_do_not_block_each_other(connect: Any) -> None:
    clients = [connect(workspace := str(uuid4())), connect(workspace)]
    with transaction() as session:
        accounts = [make_account(session, workspace_of(clients[0])).id for _ in range(3)]
    rows = [
        {"account_id": str(account), "date": days_ago(ago).isoformat(), "saves": ago}
        for account in accounts
        for ago in range(150)
    ]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            answers = list(pool.map(lambda client, sent: ingest(client, *sent), clients, (rows, rows[::-1])))
            assert [answer.status_code for answer in answers] == [200, 200]
    assert [len(stated_days(account)) for account in accounts] == [150] * 3


def export(client: TestClient, **body: Any) -> Any:
    return client.post(f"{PUBLIC}/analytics/social/export", json=body)


def test_an_export_is_a_task_with_a_link_that_is_valid_for_one_hour(client: TestClient, account_id: UUID) -> None:
    record(account_id, 0, views=7)
    record(account_id, 40, views=9)
    accepted = export(client, format="csv", days=30, platform="instagram")
    assert accepted.status_code == 202, accepted.text
    task_id = accepted.json()["task_id"]
    assert accepted.headers["Location"] == f"{PUBLIC}/tasks/{task_id}"
    run_export(task_id)
    before = now()
    task = client.get(f"{PUBLIC}/tasks/{task_id}").json()
    assert (task["kind"], task["status"], task["result"]["rows"]) == ("export", "done", 1)
    link, expires_at = task["result"]["download_url"], datetime.fromisoformat(task["result"]["expires_at"])
    assert timedelta(minutes=59) < expires_at - before < timedelta(minutes=61)
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["3600"]
    answer = httpx.get(link)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    name = f"analytics-{days_ago(29)}-{days_ago(0)}.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert [row["views"] for row in csv.DictReader(answer.text.splitlines())] == ["7"]
    assert urlsplit(link).path.endswith(f"/{name}")


def test_a_repeated_export_with_the_same_key_is_the_same_task(client: TestClient, account_id: UUID) -> None:
    record(account_id, 0, views=7)
    client.headers["Idempotency-Key"] = str(uuid4())
    first, second = export(client), export(client)
    assert (first.status_code, first.json()) == (202, second.json())
    assert export(client, days=7).status_code == 422


def test_an_export_may_be_of_posts_and_of_a_twin(client: TestClient) -> None:
    history = History(workspace_of(client))
    with transaction() as session:
        twin_id = make_twin(session, history.workspace_id).id
        other_id = make_twin(session, history.workspace_id).id
    post_id = history.post(hours_ago(30), twin_id=twin_id)
    with transaction() as session:
        session.add(
            DailyPostMetric(
                account_id=history.account_id, social_post_id=post_id, day=days_ago(0), estimated=False, views=5
            )
        )
    for grain in "account", "post":
        assert export(client, format="json", grain=grain, twin_id=str(twin_id)).status_code == 202
        assert export(client, format="json", grain=grain, twin_id=str(other_id)).json()["code"] == "export_empty"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"days": 0}, 422, "schema"),
        ({"days": -1}, 422, "schema"),
        ({"days": 732}, 400, "days_not_kept"),
        ({"days": 10**12}, 400, "days_not_kept"),
        ({"platform": "myspace"}, 422, "schema"),
        ({"format": "xlsx"}, 422, "schema"),
        ({"grain": "twin"}, 422, "schema"),
        ({"twin_id": str(uuid4())}, 404, "twin_not_found"),
        ({"platform": "tiktok"}, 400, "export_empty"),
    ],
)
def test_a_bad_export_says_what_is_wrong_and_stores_nothing(
    client: TestClient, account_id: UUID, body: dict[str, Any], status: int, code: str
) -> None:
    record(account_id, 0, views=7)
    answer = export(client, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["detail"]
    assert exports_of(client) == client.get(f"{PUBLIC}/tasks").json() == []


def exports_of(client: TestClient) -> list[AnalyticsExport]:
    with transaction() as session:
        mine = AnalyticsExport.workspace_id == workspace_of(client)
        return list(session.scalars(select(AnalyticsExport).where(mine)))


def test_an_export_larger_than_the_plan_allows_is_refused(connect: Any) -> None:
    client = connect(export_rows=2)
    with transaction() as session:
        account_id = make_account(session, workspace_of(client)).id
    for ago in range(3):
        record(account_id, ago, views=7)
    refused = export(client)
    assert (refused.status_code, refused.json()["code"]) == (403, "plan_limit")
    assert exports_of(client) == []
    assert export(client, days=2).status_code == 202


def test_another_workspace_s_figures_are_not_exported(client: TestClient, connect: Any, account_id: UUID) -> None:
    record(account_id, 0, views=9)
    assert export(connect()).json()["code"] == "export_empty"
