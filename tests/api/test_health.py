from fastapi.testclient import TestClient


def test_a_living_process_says_so(stranger: TestClient) -> None:
    assert stranger.get("/health/live").json() == {"status": "ok"}


def test_the_part_that_is_missing_is_named(stranger: TestClient) -> None:
    answer = stranger.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "parts": {"database": "ok", "storage": "ok", "dagster": "unavailable"},
    }
