"""How the demo follows tasks: by their events, or by polling."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from content_pipeline.cli import demo_client
from content_pipeline.cli.demo_client import states, wait_for_tasks
from content_pipeline.core.errors import InternalError

QUEUED = {"status": "queued", "progress": 0, "result": None, "error": None}
DONE = {"status": "done", "progress": 100, "result": {"url": "http://…"}, "error": None}
FAILED = {**QUEUED, "status": "error", "error": {"message": "There is no sound.", "remedy": "Send one with sound."}}


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer() as server:
        yield server


@pytest.fixture
def client(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setattr(demo_client, "POLL_SECONDS", 0)
    with httpx.Client(base_url=server.url_for("")) as client:
        yield client


def stream(*states: dict[str, Any]) -> str:
    return "".join(f": ping\n\nevent: progress\ndata: {json.dumps(state)}\nid: 1\n\n" for state in states)


@pytest.mark.slow
def test_a_task_is_followed_by_its_events(server: HTTPServer, client: httpx.Client) -> None:
    server.expect_oneshot_request("/tasks/1/events").respond_with_data(stream(QUEUED, DONE))
    assert list(states(client, "/tasks/1")) == [QUEUED, DONE]


@pytest.mark.slow
def test_a_task_is_polled_when_its_stream_breaks_off(server: HTTPServer, client: httpx.Client) -> None:
    server.expect_ordered_request("/tasks/1/events").respond_with_data(stream(QUEUED))
    server.expect_ordered_request("/tasks/1").respond_with_json(QUEUED)
    server.expect_ordered_request("/tasks/1/events").respond_with_data("", 502)
    server.expect_ordered_request("/tasks/1").respond_with_json(DONE)
    assert list(states(client, "/tasks/1")) == [QUEUED, QUEUED, DONE]


@pytest.mark.slow
def test_a_failed_task_ends_the_demo_with_its_error(server: HTTPServer, client: httpx.Client) -> None:
    server.expect_request("/tasks/1/events").respond_with_data(stream(FAILED))
    with pytest.raises(InternalError, match="There is no sound"):
        list(states(client, "/tasks/1"))


@pytest.mark.slow
def test_tasks_are_followed_side_by_side(server: HTTPServer, client: httpx.Client) -> None:
    for number in "12":
        server.expect_request(f"/tasks/{number}/events").respond_with_data(stream({**DONE, "result": {"id": number}}))
    assert wait_for_tasks(client, {"one": "1", "two": "2"}) == {"one": {"id": "1"}, "two": {"id": "2"}}
