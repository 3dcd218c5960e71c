"""Limits of how often a workspace reads and exports figures."""

from collections.abc import Callable

import httpx
from fastapi.testclient import TestClient

from api.routes.analytics import BEST_TIMES, DAYS, EXPORTED_ROWS, EXPORTS, READS
from content_pipeline.core.infrastructure.database import transaction
from tests.api.analytics.rows import record
from tests.api.client_workspace import workspace_of
from tests.api.conftest import PUBLIC, LimitTo
from tests.api.problems import assert_error
from tests.factories import make_account

ANALYTICS = f"{PUBLIC}/analytics"
Connect = Callable[..., TestClient]


def test_a_workspace_reads_figures_so_many_times_at_once(connect: Connect, limit_to: LimitTo) -> None:
    """20 reads a second of a year, or of posts, made reads of others two to three times as slow."""
    limit_to(READS, 5)
    busy, other = connect(), connect()
    paths = ("social", "social/summary", "posts", "audience", "best-times")
    assert {busy.get(f"{ANALYTICS}/{path}").status_code for path in paths} == {200}
    for path in paths:
        refused = busy.get(f"{ANALYTICS}/{path}")
        assert_error(refused, 429, "too_many_requests")
        assert "5 reads of figures" in refused.json()["detail"]
        assert int(refused.headers["Retry-After"]) > 0
    assert other.get(f"{ANALYTICS}/social").status_code == 200


def test_best_times_have_a_limit_of_their_own(connect: Connect, limit_to: LimitTo) -> None:
    """30 reads of those of 20 accounts in 15 s made reads of others more than twice as slow."""
    limit_to(BEST_TIMES, 2)
    busy, other = connect(), connect()
    answers = [busy.get(f"{ANALYTICS}/best-times") for _ in range(3)]
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert_error(answers[2], 429, "too_many_requests")
    assert "2 reads of best times" in answers[2].json()["detail"]
    assert other.get(f"{ANALYTICS}/best-times").status_code == 200
    assert busy.get(f"{ANALYTICS}/social").status_code == 200


def test_a_workspace_reads_figures_of_so_many_days_at_once(connect: Connect, limit_to: LimitTo) -> None:
    """Two years compute eight times as long as a month."""
    limit_to(DAYS, 1000)
    busy, other = connect(), connect()
    for client in busy, other:
        assert [client.get(f"{ANALYTICS}/social?days={days}").status_code for days in (731, 230, 39)] == [200] * 3
        refused = client.get(f"{ANALYTICS}/social?days=30")
        assert_error(refused, 429, "too_many_requests")
        assert "1,000 days of figures" in refused.json()["detail"]
        assert client.get(f"{ANALYTICS}/social/summary").status_code == 200, "other limits have counts of their own"


def test_days_that_are_not_kept_are_refused_as_such(client: TestClient) -> None:
    assert_error(client.get(f"{ANALYTICS}/social?days=100000"), 400, "days_not_kept")


def test_a_workspace_exports_figures_so_many_times_a_minute(connect: Connect, limit_to: LimitTo) -> None:
    """Each starts a run; those that are refused for another reason count, too."""
    limit_to(EXPORTS, 2)
    busy, other = connect(), connect()
    for client in busy, other:
        for _ in range(2):
            assert_error(client.post(f"{ANALYTICS}/social/export", json={}), 400, "export_empty")
        assert_error(client.post(f"{ANALYTICS}/social/export", json={}), 429, "too_many_requests")


def test_a_workspace_exports_so_many_rows_a_minute(connect: Connect, limit_to: LimitTo) -> None:
    """Ten exports of 358,000 rows took 20 seconds; one that has more than the limit is written as well."""
    limit_to(EXPORTED_ROWS, 3)
    busy, other = connect(), connect()
    for client in busy, other:
        with transaction() as session:
            account_id = make_account(session, workspace_of(client)).id
        for ago in range(4):
            record(account_id, ago, views=7)
    assert export(busy, days=2).status_code == 202
    refused = export(busy, days=2)
    assert_error(refused, 429, "too_many_requests")
    assert "3 rows of exports" in refused.json()["detail"]
    assert export(busy, days=1).status_code == 202
    assert export(other, days=4).status_code == 202, "more than the limit, at once"


def export(client: TestClient, *, days: int) -> httpx.Response:
    return client.post(f"{ANALYTICS}/social/export", json={"days": days})
