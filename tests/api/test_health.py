"""Liveness and readiness endpoints."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from api.routes import health
from content_pipeline.core.avatars.heygen import client as heygen_client
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import ProviderBalance
from content_pipeline.core.settings import settings


@pytest.fixture(autouse=True)
def _nothing_read_before() -> None:
    health.recent.clear()


def test_a_living_process_says_so(anonymous_client: TestClient) -> None:
    assert anonymous_client.get("/health/live").json() == {"status": "ok"}


def test_the_part_that_is_missing_is_named(anonymous_client: TestClient) -> None:
    answer = anonymous_client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "parts": {"database": "ok", "storage": "ok", "dagster": "unavailable"},
        "heygen_balance": None,
    }


@pytest.mark.slow
def test_a_second_request_within_two_seconds_gets_the_same_answer(
    anonymous_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check() -> bool:
        checked.append(True)
        return len(checked) > 1

    checked: list[bool] = []
    monkeypatch.setattr(health, "CHECKS", {"database": check})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: anonymous_client.get("/health/ready").status_code, range(24)))
    assert (answers, len(checked)) == ([503] * 24, 1)
    monkeypatch.setattr(health, "CACHE_SECONDS", 0.0)
    assert anonymous_client.get("/health/ready").status_code == 200


@pytest.mark.parametrize(
    ("remaining", "age_minutes", "level"),
    [(40.0, 1, "ok"), (2.0, 1, "low"), (None, 1, "unknown"), (40.0, 20, "unknown")],
)
def test_the_balance_at_heygen_is_told_as_a_level_from_what_was_read_before(
    anonymous_client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    remaining: float | None,
    age_minutes: int,
    level: str,
) -> None:
    keep_balance(remaining, age_minutes)
    monkeypatch.setattr(settings(), "avatar_provider", "heygen")
    monkeypatch.setattr(heygen_client, "send", None)  # a request to HeyGen would fail now
    answer = anonymous_client.get("/health/ready").json()
    assert answer["heygen_balance"] == level
    assert str(remaining) not in str(answer)
    assert answer["parts"]["database"] == "ok"


def test_a_balance_that_was_never_read_is_unknown(
    anonymous_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "avatar_provider", "heygen")
    assert anonymous_client.get("/health/ready").json()["heygen_balance"] == "unknown"


def keep_balance(remaining: float | None, age_minutes: int) -> None:
    read_at = now() - timedelta(minutes=age_minutes)
    with transaction() as session:
        session.add(ProviderBalance(provider="heygen", remaining=remaining, currency="usd", read_at=read_at))
