"""Limits of how often a workspace reads and exports figures."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from api.routes.analytics import EXPORTS, READS
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


def test_a_workspace_exports_figures_so_many_times_a_minute(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each starts a run; those that are refused for another reason count, too."""
    monkeypatch.setattr(EXPORTS, "most", 2)
    busy, other = connect(), connect()
    for client in busy, other:
        for _ in range(2):
            assert_error(client.post(f"{ANALYTICS}/social/export", json={}), 400, "export_empty")
        assert_error(client.post(f"{ANALYTICS}/social/export", json={}), 429, "too_many_requests")
