"""`/metrics`: who may read it, and what it says of requests."""

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from content_pipeline.core.settings import settings
from tests.api.conftest import PUBLIC

TOKEN = "token-of-the-operator"


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(settings(), "metrics_token", SecretStr(TOKEN))
    return TOKEN


@pytest.fixture
def requests(anonymous_client: TestClient, token: str) -> Callable[..., float]:
    """Finds how many requests with these labels were answered."""

    def requests(name: str = "http_requests_total", **labels: str) -> float:
        text = anonymous_client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"content_pipeline_{name}" and labels.items() <= sample.labels.items()
        )

    return requests


def test_without_a_token_in_the_settings_there_are_no_metrics(anonymous_client: TestClient) -> None:
    answer = anonymous_client.get("/metrics", headers={"Authorization": "Bearer "})
    assert (answer.status_code, answer.json()["code"]) == (404, "metrics_off")


@pytest.mark.parametrize(
    "sent", [{}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}, {"X-API-Key": TOKEN}]
)
@pytest.mark.usefixtures("token")
def test_only_the_token_opens_them(anonymous_client: TestClient, sent: dict[str, str]) -> None:
    answer = anonymous_client.get("/metrics", headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (401, "metrics_token_wrong")


def test_the_key_of_a_client_does_not_open_them(client: TestClient, token: str) -> None:
    assert client.get("/metrics").status_code == 401


@pytest.mark.slow
def test_requests_are_counted_by_route_and_status(client: TestClient, requests: Callable[..., float]) -> None:
    before = [requests(route="get_twin", status=status) for status in ("404", "422")]
    for twin in ("0b8e1b0e-6a5c-4b0a-8f0a-0a3a0a9d0c11", "5bc41d91-867a-4ccb-821a-2b9544c45719", "nonsense"):
        client.get(f"{PUBLIC}/twins/{twin}")
    after = [requests(route="get_twin", status=status) for status in ("404", "422")]
    assert [new - old for old, new in zip(before, after, strict=True)] == [2, 1]
    assert requests("http_request_seconds_count", route="get_twin", method="GET") >= 3


@pytest.mark.slow
def test_what_strangers_send_makes_no_series_of_its_own(
    anonymous_client: TestClient, requests: Callable[..., float]
) -> None:
    names = {"method": "other", "route": "none"}
    before = requests(**names)
    for number in range(3):
        anonymous_client.request(f"METHOD{number}", f"/nothing/{number}")
    assert requests(**names) - before == 3
    assert requests(method="METHOD0") == 0


@pytest.mark.slow
def test_parts_and_the_process_are_told(requests: Callable[..., float]) -> None:
    assert requests("part_up", part="database") == 1
    assert requests("part_up", part="dagster") == 0
    assert requests("open_tasks") == 0
