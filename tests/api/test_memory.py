"""Memories over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from api.limits.vector_search_limit import COMPARISONS
from content_pipeline.core.settings import settings
from tests.api.conftest import PUBLIC, LimitTo
from tests.api.problems import assert_error

MEMORY = f"{PUBLIC}/memory/v2"
Connect = Callable[..., TestClient]
CONTENT = "The blue mug sold out in a day."
FIELDS: dict[str, Any] = {
    "content": CONTENT,
    "memory_type": "semantic",
    "importance": 0.8,
    "tags": ["launch", "mugs"],
    "metadata": {"source": "onboarding"},
}


@pytest.fixture
def namespace(client: TestClient) -> str:
    """The memory namespace of a new twin."""
    twin = client.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-US"}).json()
    assert twin["memory_namespace"] == f"twin_{twin['id']}"
    return twin["memory_namespace"]


def _call(client: TestClient, verb: str, **body: Any) -> Any:
    answer = client.post(f"{MEMORY}/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.slow
def test_what_is_remembered_is_recalled_by_meaning(client: TestClient, namespace: str) -> None:
    kept = _call(client, "remember", namespace=namespace, entity_id="shop", **FIELDS)
    assert kept.items() >= {**FIELDS, "namespace": namespace, "entity_id": "shop"}.items()
    _call(client, "remember", namespace=namespace, content="She is allergic to nuts.")
    found = _call(client, "recall", namespace=namespace, query="Which product was a success?")
    assert found["count"] == 2
    best = found["results"][0]
    assert 0 < best.pop("score") <= 1
    assert best == kept


@pytest.mark.slow
def test_a_client_that_knows_only_entities_names_the_namespace_with_them(client: TestClient, namespace: str) -> None:
    kept = _call(client, "remember", entity_id=namespace, content=CONTENT)
    assert (kept["namespace"], kept["entity_id"]) == (namespace, None)
    for scope in ({"entity_id": namespace}, {"namespace": namespace}, {"namespace": namespace, "entity_id": namespace}):
        assert _call(client, "recall", query="mug", **scope)["count"] == 1
    assert _call(client, "forget", entity_id=namespace) == {"forgotten": 1}


@pytest.mark.slow
def test_a_workspace_has_so_many_memories_compared_at_once(connect: Connect, limit_to: LimitTo) -> None:
    """5,000 compute for 8 ms: 20 queries of as many a second made reads of others three times as slow."""
    limit_to(COMPARISONS, 5)
    busy, other = connect(), connect()
    for client in busy, other:
        namespace = client.post(f"{PUBLIC}/twins", json={"name": "Ann", "voice_id": "en-US"}).json()["memory_namespace"]
        assert _call(client, "recall", namespace=namespace, query="mug")["count"] == 0  # compares none
        for number in range(2):
            _call(client, "remember", namespace=namespace, content=f"Mug {number}.")
        for _ in range(2):
            assert _call(client, "recall", namespace=namespace, query="mug")["count"] == 2
        refused = client.post(f"{MEMORY}/recall", json={"namespace": namespace, "query": "mug"})
        assert_error(refused, 429, "too_many_requests")
        assert "5 comparisons of memories" in refused.json()["detail"]


def test_a_memory_is_forgotten_by_its_id_either_way(client: TestClient, namespace: str) -> None:
    first, second = (_call(client, "remember", namespace=namespace, content=CONTENT)["memory_id"] for _ in range(2))
    assert _call(client, "forget", memory_id=first) == {"forgotten": 1}
    assert client.delete(f"{MEMORY}/forget/{second}").status_code == 204
    assert client.delete(f"{MEMORY}/forget/{second}").json()["code"] == "memory_not_found"
    assert _call(client, "recall", namespace=namespace, query="mug") == {"results": [], "count": 0}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "body"), [("remember", {"content": CONTENT}), ("recall", {"query": "mug"}), ("forget", {})]
)
def test_a_namespace_of_others_does_not_exist(
    client: TestClient, namespace: str, connect, verb: str, body: dict[str, str]
) -> None:
    _call(client, "remember", namespace=namespace, content=CONTENT)
    for caller, place in ((connect(), namespace), (client, f"twin_{uuid4()}"), (client, "global")):
        answer = caller.post(f"{MEMORY}/{verb}", json={"namespace": place, **body})
        assert (answer.status_code, answer.json()["code"].endswith("_not_found")) == (404, True)
    assert _call(client, "recall", namespace=namespace, query="mug")["count"] == 1


def test_a_memory_of_others_cannot_be_forgotten(client: TestClient, namespace: str, connect) -> None:
    memory_id = _call(client, "remember", namespace=namespace, content=CONTENT)["memory_id"]
    assert connect().post(f"{MEMORY}/forget", json={"memory_id": memory_id}).json()["code"] == "memory_not_found"
    assert connect().delete(f"{MEMORY}/forget/{memory_id}").status_code == 404


@pytest.mark.parametrize(
    ("verb", "change", "status"),
    [
        ("remember", {"content": "  "}, 422),
        ("remember", {"content": "x" * 2001}, 422),
        ("remember", {"importance": 1.1}, 422),
        ("remember", {"memory_type": "forever"}, 422),
        ("remember", {"tags": ["x"] * 21}, 422),
        ("remember", {"tags": ["x" * 41]}, 422),
        ("remember", {"metadata": {"a": "x" * 4096}}, 422),
        ("remember", {"metadata": []}, 422),
        ("remember", {"favorite_color": "red"}, 422),
        ("remember", {"namespace": None}, 400),
        ("recall", {"limit": 51}, 422),
        ("recall", {"limit": 0}, 422),
        ("recall", {"query": ""}, 422),
        ("recall", {"layer": "deep"}, 422),
        ("recall", {"namespace": None}, 400),
        ("forget", {"namespace": None}, 400),
        ("forget", {"memory_id": str(uuid4())}, 400),
        ("forget", {"memory_id": "mem_1"}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: TestClient, namespace: str, verb: str, change: dict[str, Any], status: int
) -> None:
    body = {"remember": {"content": CONTENT}, "recall": {"query": "mug"}, "forget": {}}[verb]
    answer = client.post(f"{MEMORY}/{verb}", json={"namespace": namespace} | body | change)
    assert answer.status_code == status, answer.text


def test_a_repeat_with_the_same_key_is_remembered_once(client: TestClient, namespace: str) -> None:
    wish = {"namespace": namespace, "content": CONTENT}
    first, again = (
        client.post(f"{MEMORY}/remember", json=wish, headers={"Idempotency-Key": "memory-1"}) for _ in range(2)
    )
    assert (first.json(), again.status_code) == (again.json(), 200)
    assert _call(client, "recall", namespace=namespace, query="mug")["count"] == 1


def test_zeromemory_that_does_not_answer_is_told_without_its_token(
    client: TestClient, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "zeromemory_token", SecretStr("zm-very-secret"))
    monkeypatch.setattr(settings(), "zeromemory_url", "http://127.0.0.1:1")
    answer = client.post(f"{MEMORY}/recall", json={"namespace": namespace, "query": "mug"})
    assert (answer.status_code, answer.json()["code"]) == (502, "zeromemory_unreachable")
    assert "zm-very-secret" not in answer.text
