"""Exports of metrics over HTTP."""

import csv
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import (
    AnalyticsExport,
    DailyPostMetric,
)
from tests.api.analytics.rows import days_ago, hours_ago, record
from tests.api.client_workspace import workspace_of
from tests.api.conftest import PUBLIC
from tests.export_runs import run_export
from tests.factories import make_account, make_twin
from tests.metric_history import History


def export(client: TestClient, **body: Any) -> Any:
    return client.post(f"{PUBLIC}/analytics/social/export", json=body)


def test_an_export_of_a_fresh_account_says_by_when_there_are_figures(client: TestClient, account_id: UUID) -> None:
    refused = export(client).json()
    shown = client.get(f"{PUBLIC}/analytics/social").json()[0]["first_figures_by"]
    assert refused["code"] == "export_empty"
    assert f"by {datetime.fromisoformat(shown):%H:%M} UTC" in refused["detail"]
    assert refused["remedy"] == "Export again then."


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


def test_a_repeated_export_with_the_same_key_is_the_same_task(
    client: TestClient, account_id: UUID, launched: list[str]
) -> None:
    record(account_id, 0, views=7)
    client.headers["Idempotency-Key"] = str(uuid4())
    first, second = export(client), export(client)
    assert (first.status_code, first.json()) == (202, second.json())
    assert export(client, days=7).status_code == 422
    assert launched == [first.json()["task_id"]]


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


@pytest.mark.slow
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
