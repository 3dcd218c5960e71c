"""Twins over HTTP."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import PUBLIC

TWIN: dict[str, Any] = {"name": "Tech Creator", "voice_id": "en-US-Neural2-A", "style_tags": ["casual", "educational"]}


def test_a_twin_is_created_and_found_again(client: TestClient) -> None:
    created = client.post(f"{PUBLIC}/twins", json=TWIN)
    assert created.status_code == 201, created.text
    assert created.json().items() >= TWIN.items()
    assert client.get(created.headers["Location"]).json() == created.json()
    assert client.get(f"{PUBLIC}/twins").json() == [created.json()]


def test_another_workspaces_twin_does_not_exist(client: TestClient, connect) -> None:
    created = client.post(f"{PUBLIC}/twins", json=TWIN)
    assert connect().get(created.headers["Location"]).json()["code"] == "twin_not_found"
    assert connect().get(f"{PUBLIC}/twins").json() == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"voice_id": "nobody-knows-me"}, 400),
        ({"name": "  "}, 422),
        ({"style_tags": ["x" * 41]}, 422),
        ({"style_tags": "casual"}, 422),
        ({"favourite_colour": "red"}, 422),
    ],
)
def test_a_twin_that_makes_no_sense_is_refused(client: TestClient, change: dict[str, Any], status: int) -> None:
    assert client.post(f"{PUBLIC}/twins", json=TWIN | change).status_code == status


def test_a_repeat_with_the_same_key_makes_no_second_twin(client: TestClient) -> None:
    first, again = (client.post(f"{PUBLIC}/twins", json=TWIN, headers={"Idempotency-Key": "twin-1"}) for _ in range(2))
    assert first.json() == again.json()
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])
    assert len(client.get(f"{PUBLIC}/twins").json()) == 1
