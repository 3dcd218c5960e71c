"""The fake ZeroMemory server against ZeroMemory's API reference."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from sandbox.zeromemory import create_app

ALICE = {
    "content": "Alice is the CTO of AINative. She prefers Python.",
    "entity_id": "alice-johnson",
    "memory_type": "episodic",
    "importance": 0.8,
    "tags": ["team", "preferences"],
    "metadata": {"source": "onboarding"},
}


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(), headers={"Authorization": "Bearer sandbox-1"}) as client:
        yield client


def test_it_answers_with_the_fields_of_the_reference(client: TestClient) -> None:
    kept = client.post("/remember", json=ALICE).json()
    assert kept.keys() == {"memory_id", "content", "importance", "memory_type", "entities_extracted"}
    found = client.post("/recall", json={"query": "Who is the CTO?", "entity_id": "alice-johnson"}).json()
    assert found["count"] == 1
    result = found["results"][0]
    assert result.keys() == {"memory_id", "content", "score", "importance", "memory_type", "created_at"}
    assert (result["memory_id"], result["content"]) == (kept["memory_id"], ALICE["content"])


def test_what_has_the_words_of_the_query_comes_first(client: TestClient) -> None:
    for content in ("Bob likes tea.", "Bob likes Rust."):
        client.post("/remember", json={"content": content})
    found = client.post("/recall", json={"query": "who likes rust", "limit": 1}).json()
    assert [result["content"] for result in found["results"]] == ["Bob likes Rust."]


def test_entities_and_layers_are_filters(client: TestClient) -> None:
    client.post("/remember", json=ALICE)
    for filters in ({"entity_id": "bob"}, {"layer": "semantic"}):
        assert client.post("/recall", json={"query": "CTO", **filters}).json() == {"results": [], "count": 0}


def test_a_memory_is_forgotten_once(client: TestClient) -> None:
    path = f"/forget/{client.post('/remember', json=ALICE).json()['memory_id']}"
    assert [client.delete(path).status_code for _ in range(2)] == [204, 404]


def test_each_token_is_an_account_and_others_are_refused(client: TestClient) -> None:
    client.post("/remember", json=ALICE)
    other = {"Authorization": "Bearer sandbox-2"}
    assert client.post("/recall", json={"query": "CTO"}, headers=other).json()["count"] == 0
    for refused in ("", "Bearer ", "Bearer live-1", "Basic sandbox-1"):
        headers = {"Authorization": refused}
        assert client.post("/recall", json={"query": "CTO"}, headers=headers).status_code == 401


@pytest.mark.parametrize("change", [{"memory_type": "long"}, {"importance": 2}, {"content": None}])
def test_what_its_reference_does_not_allow_is_refused(client: TestClient, change: dict) -> None:
    assert client.post("/remember", json=ALICE | change).status_code == 422
