"""Liveness and readiness endpoints."""

from fastapi.testclient import TestClient


def test_a_living_process_says_so(anonymous_client: TestClient) -> None:
    assert anonymous_client.get("/health/live").json() == {"status": "ok"}


def test_the_part_that_is_missing_is_named(anonymous_client: TestClient) -> None:
    answer = anonymous_client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "parts": {"database": "ok", "storage": "ok", "dagster": "unavailable"},
    }
