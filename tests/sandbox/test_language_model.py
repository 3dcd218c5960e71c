"""The fake language model server."""

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from sandbox.language_model import create_app

REQUEST = {"model": "any", "messages": [{"role": "user", "content": "Say something."}]}
PATH = "/v1/chat/completions"


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(), headers={"Authorization": "Bearer sandbox-1"}) as client:
        yield client


def test_it_wants_a_key(client: TestClient) -> None:
    assert client.post(PATH, json=REQUEST, headers={"Authorization": "Bearer sk-1"}).status_code == 401


def test_it_answers_what_was_queued_and_echoes_then(client: TestClient) -> None:
    client.post("/answers", json={"text": "Bread."})
    client.post("/answers", json={"text": "Slow down.", "status": 429, "headers": {"Retry-After": "7"}})
    first, second, third = (client.post(PATH, json=REQUEST) for _ in range(3))
    assert first.json()["choices"][0]["message"] == {"role": "assistant", "content": "Bread."}
    assert (second.status_code, second.headers["Retry-After"]) == (429, "7")
    assert second.json() == {"error": {"message": "Slow down."}}
    assert third.json()["choices"][0]["message"]["content"] == "Say something."
    assert [request["body"]["model"] for request in client.get("/requests").json()] == ["any"] * 3


@pytest.mark.parametrize(("broken_after", "said"), [(None, "Bread needs time."), (1, "Bread needs ")])
def test_it_streams_to_the_end_or_breaks_off(client: TestClient, broken_after: int | None, said: str) -> None:
    client.post("/answers", json={"text": "Bread needs time.", "broken_after": broken_after})
    events = client.post(PATH, json=REQUEST | {"stream": True}).text.split("\n\n")
    chunks = [json.loads(event.removeprefix("data: ")) for event in events if event and "[DONE]" not in event]
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == said
    assert ("data: [DONE]" in events) == (broken_after is None)
