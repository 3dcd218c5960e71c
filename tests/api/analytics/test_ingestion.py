"""Ingestion of metrics over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import (
    Account,
    ReportedDay,
)
from tests.api.analytics.rows import days_ago
from tests.api.client_workspace import workspace_of
from tests.api.conftest import PUBLIC
from tests.factories import make_account


def ingest(client: TestClient, *rows: dict[str, Any]) -> Any:
    return client.post(f"{PUBLIC}/analytics/ingest", json={"rows": list(rows)})


def stated_days(account_id: UUID) -> dict[int, tuple[int | None, int | None]]:
    """The views and saves that were stated, by how many days ago."""
    with transaction() as session:
        rows = session.scalars(select(ReportedDay).where(ReportedDay.account_id == account_id))
        return {(days_ago(0) - row.day).days: (row.views, row.saves) for row in rows if row.source == "external"}


@pytest.mark.slow
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


@pytest.mark.slow
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
