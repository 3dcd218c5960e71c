"""Limits of how often a workspace reads and exports figures."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from api.routes.analytics import DAYS, EXPORTS, READS
from tests.api.conftest import PUBLIC
from tests.api.problems import assert_error

ANALYTICS = f"{PUBLIC}/analytics"
Connect = Callable[..., TestClient]


def test_a_workspace_reads_figures_so_many_times_at_once(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """20 reads a second of a year, or of posts, made reads of others two to three times as slow."""
    monkeypatch.setattr(READS, "most", 5)
    busy, other = connect(), connect()
    paths = ("social", "social/summary", "posts", "audience", "best-times")
    assert {busy.get(f"{ANALYTICS}/{path}").status_code for path in paths} == {200}
    for path in paths:
        refused = busy.get(f"{ANALYTICS}/{path}")
        assert_error(refused, 429, "too_many_requests")
        assert "5 reads of figures" in refused.json()["detail"]
        assert int(refused.headers["Retry-After"]) > 0
    assert other.get(f"{ANALYTICS}/social").status_code == 200


def test_a_workspace_reads_figures_of_so_many_days_at_once(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two years compute eight times as long as a month."""
    monkeypatch.setattr(DAYS, "most", 1000)
    busy, other = connect(), connect()
    for client in busy, other:
        assert [client.get(f"{ANALYTICS}/social?days={days}").status_code for days in (731, 230, 39)] == [200] * 3
        refused = client.get(f"{ANALYTICS}/social?days=30")
        assert_error(refused, 429, "too_many_requests")
        assert "1,000 days of figures" in refused.json()["detail"]
        assert client.get(f"{ANALYTICS}/social/summary").status_code == 200, "other limits have counts of their own"


def test_days_that_are_not_kept_are_refused_as_such(client: TestClient) -> None:
    assert_error(client.get(f"{ANALYTICS}/social?days=100000"), 400, "days_not_kept")


def test_a_workspace_exports_figures_so_many_times_a_minute(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each starts a run; those that are refused for another reason count, too."""
    monkeypatch.setattr(EXPORTS, "most", 2)
    busy, other = connect(), connect()
    for client in busy, other:
        for _ in range(2):
            assert_error(client.post(f"{ANALYTICS}/social/export", json={}), 400, "export_empty")
        assert_error(client.post(f"{ANALYTICS}/social/export", json={}), 429, "too_many_requests")
