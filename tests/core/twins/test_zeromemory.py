"""ZeroMemory client at the HTTP level; twins' memories are tested in tests/core/twins/test_memory_in_zeromemory.py."""

import json
import traceback

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from content_pipeline.core.errors import Error, Unavailable, UpstreamError
from content_pipeline.core.settings import settings
from content_pipeline.core.twins import zeromemory

TOKEN = "zm-very-secret"
MEMORY = {"memory_type": "episodic", "importance": 0.5, "tags": ["a"], "metadata": {"b": 1}}


@pytest.fixture
def server(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    monkeypatch.setattr(settings(), "zeromemory_url", httpserver.url_for("/memory/v2/"))
    monkeypatch.setattr(settings(), "zeromemory_token", SecretStr(TOKEN))
    return httpserver


def _failure() -> Error:
    with pytest.raises(Error) as raised:
        zeromemory.recall("twin_1", "tea", layer=None, limit=3)
    assert TOKEN not in "".join(traceback.format_exception(raised.value)) + str(raised.value.to_dict())
    return raised.value


def test_the_three_calls_are_those_of_its_reference(server: HTTPServer) -> None:
    asked: list[tuple[str, str, object]] = []

    def answer(request: Request) -> Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        asked.append((request.method, request.path, json.loads(request.data) if request.data else None))
        return Response(json.dumps({"memory_id": "mem_1", "results": [{"memory_id": "mem_1", "score": 0.9}]}))

    server.expect_request("/memory/v2/remember").respond_with_handler(answer)
    server.expect_request("/memory/v2/recall").respond_with_handler(answer)
    server.expect_request("/memory/v2/forget/mem_1").respond_with_handler(answer)
    assert zeromemory.remember("twin_1", "Likes tea.", **MEMORY) == "mem_1"
    (hit,) = zeromemory.recall("twin_1", "tea", layer="episodic", limit=3)
    assert (hit.memory_id, hit.score) == ("mem_1", 0.9)
    zeromemory.forget("mem_1")
    assert asked == [
        ("POST", "/memory/v2/remember", {"content": "Likes tea.", "entity_id": "twin_1", **MEMORY}),
        ("POST", "/memory/v2/recall", {"query": "tea", "entity_id": "twin_1", "layer": "episodic", "limit": 3}),
        ("DELETE", "/memory/v2/forget/mem_1", None),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"results": [{"memory_id": "mem_1", "score": 0.5}]},
        {"memories": [{"id": "mem_1", "score": 0.5}]},
        [{"id": "mem_1", "score": 0.5}],
    ],
)
def test_what_it_found_is_read_in_each_form_that_its_clients_know(server: HTTPServer, body: object) -> None:
    server.expect_request("/memory/v2/recall").respond_with_json(body)
    assert [hit.memory_id for hit in zeromemory.recall("twin_1", "tea", layer=None, limit=3)] == ["mem_1"]


@pytest.mark.parametrize(
    ("status", "headers", "code", "retryable", "seconds"),
    [
        (401, {}, "zeromemory_unauthorized", False, None),
        (403, {}, "zeromemory_unauthorized", False, None),
        (402, {}, "zeromemory_refused", False, None),
        (404, {}, "zeromemory_refused", False, None),
        (422, {}, "zeromemory_refused", False, None),
        (408, {}, "zeromemory_failed", True, None),
        (429, {"Retry-After": "20"}, "zeromemory_limited", True, 20.0),
        (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "zeromemory_limited", True, 0.0),
        (500, {}, "zeromemory_failed", True, None),
        (503, {"Retry-After": "3"}, "zeromemory_failed", True, 3.0),
    ],
)
def test_a_refusal_says_whether_to_try_again(
    server: HTTPServer, status: int, headers: dict[str, str], code: str, retryable: bool, seconds: float | None
) -> None:
    server.expect_request("/memory/v2/recall").respond_with_data(f"not with {TOKEN}", status, headers)
    error = _failure()
    assert isinstance(error, UpstreamError)
    assert (error.code, error.retryable, error.retry_after) == (code, retryable, seconds)


@pytest.mark.parametrize("body", ["", "<html>Welcome</html>", "{}", '{"results": [{"score": 1}]}', "[1]", "\x00"])
def test_an_answer_about_something_else_is_told(server: HTTPServer, body: str) -> None:
    server.expect_request("/memory/v2/recall").respond_with_data(body)
    error = _failure()
    assert (error.code, error.retryable) == ("zeromemory_unreadable", False)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "not an address", "http://"])
def test_a_server_that_is_not_there_is_worth_another_try(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(settings(), "zeromemory_url", url)
    monkeypatch.setattr(settings(), "zeromemory_token", SecretStr(TOKEN))
    error = _failure()
    assert (error.code, error.retryable) == ("zeromemory_unreachable", True)


def test_a_token_that_cannot_be_sent_is_not_told(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "zeromemory_token", SecretStr(f"{TOKEN}\n"))
    assert _failure().code == "zeromemory_unreachable"


def test_forgetting_what_is_gone_is_fine(server: HTTPServer) -> None:
    server.expect_request("/memory/v2/forget/a%2Fb").respond_with_data("Memory not found", 404)
    server.expect_request("/memory/v2/forget/a/b").respond_with_data("Memory not found", 404)
    zeromemory.forget("a/b")


def test_without_a_token_nothing_is_asked() -> None:
    assert not zeromemory.is_configured()
    error = _failure()
    assert isinstance(error, Unavailable)
    assert (error.code, error.retryable) == ("zeromemory_unset", False)
