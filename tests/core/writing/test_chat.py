"""Client of a language model, against a fake endpoint: requests, responses and errors."""

import json
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from content_pipeline.core.errors import Conflict, Error, UpstreamError
from content_pipeline.core.settings import settings
from content_pipeline.core.writing import chat
from content_pipeline.core.writing.chat import Message

KEY = "sk-very-secret"
PATH = "/v1/chat/completions"
MESSAGES: list[Message] = [{"role": "user", "content": "Write about bread."}]
ANSWER = {"choices": [{"message": {"role": "assistant", "content": "Bread."}, "finish_reason": "stop"}]}


@pytest.fixture
def server(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    monkeypatch.setattr(settings(), "text_url", httpserver.url_for("/v1/"))
    monkeypatch.setattr(settings(), "text_key", SecretStr(KEY))
    monkeypatch.setattr(settings(), "text_model", "baker-1")
    return httpserver


def _answer(server: HTTPServer, body: str, status: int = 200, **headers: str) -> None:
    server.expect_request(PATH, method="POST").respond_with_data(body, status, headers)


def _events(*pieces: str, end: str = "data: [DONE]\n\n") -> str:
    chunks = [{"choices": [{"delta": {"content": piece}, "finish_reason": None}]} for piece in pieces]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + end


def _failure() -> Error:
    with pytest.raises(UpstreamError) as raised:
        chat.answer(MESSAGES)
    with pytest.raises(UpstreamError) as streamed:
        list(chat.stream(MESSAGES))
    assert KEY not in f"{raised.value.to_dict()}{raised.value!r}"
    assert raised.value.to_dict() == streamed.value.to_dict()
    return raised.value


def test_the_endpoint_gets_the_messages_and_the_key(server: HTTPServer) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(json.dumps(ANSWER))

    server.expect_request(PATH, method="POST").respond_with_handler(answer)
    assert chat.answer(MESSAGES) == "Bread."
    assert json.loads(asked[0].data) == {"model": "baker-1", "messages": MESSAGES}
    assert asked[0].headers["Authorization"] == f"Bearer {KEY}"


def test_without_a_key_none_is_sent(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "text_key", SecretStr(""))
    server.expect_request(PATH, header_value_matcher=None).respond_with_handler(
        lambda request: Response(json.dumps(ANSWER), 500 if "Authorization" in request.headers else 200)
    )
    assert chat.answer(MESSAGES) == "Bread."


def test_pieces_come_as_they_are_sent(server: HTTPServer) -> None:
    goes_on: list[bool] = []

    def body() -> Iterator[str]:
        yield _events("Bread ", end="")
        yield ": still there\n\n"
        goes_on.append(True)
        yield _events("rises.", end='data: {"choices": []}\n\n')
        yield "data: [DONE]\n\n"

    server.expect_request(PATH, json={"model": "baker-1", "messages": MESSAGES, "stream": True}).respond_with_handler(
        lambda _: Response(body(), content_type="text/event-stream")
    )
    assert list(chat.stream(MESSAGES)) == ["Bread ", "rises."]
    assert goes_on


def test_half_a_character_is_replaced(server: HTTPServer) -> None:
    _answer(server, _events("Bread \ud83d"))
    assert list(chat.stream(MESSAGES)) == ["Bread ?"]


def test_a_stream_that_ends_without_its_end_is_worth_trying_again(server: HTTPServer) -> None:
    _answer(server, _events("Bread ", end=""))
    pieces = chat.stream(MESSAGES)
    assert next(pieces) == "Bread "
    with pytest.raises(UpstreamError) as raised:
        next(pieces)
    assert (raised.value.code, raised.value.retryable) == ("text_model_unreachable", True)


def test_an_error_in_the_middle_of_a_stream_is_one(server: HTTPServer) -> None:
    _answer(server, _events("Bread ", end=f'data: {{"error": {{"message": "overloaded {KEY}"}}}}\n\n'))
    with pytest.raises(UpstreamError) as raised:
        list(chat.stream(MESSAGES))
    assert (raised.value.code, raised.value.retryable) == ("text_model_failed", True)
    assert KEY not in raised.value.detail


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_not_tried_again_and_not_told(server: HTTPServer, status: int) -> None:
    _answer(server, f"Incorrect API key provided: {KEY}", status)
    error = _failure()
    assert (error.code, error.retryable) == ("text_model_unauthorized", False)
    assert "CONTENT_PIPELINE_TEXT_KEY" in error.remedy


def test_a_refused_request_says_why(server: HTTPServer) -> None:
    _answer(server, f"The model baker-1 \0does not exist (asked with {KEY})", 404)
    error = _failure()
    assert (error.code, error.retryable) == ("text_model_refused", False)
    assert "The model baker-1 does not exist" in error.detail


@pytest.mark.parametrize(
    ("status", "code", "header", "seconds"),
    [
        (429, "text_model_limited", "20", 20.0),
        (429, "text_model_limited", "Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
        (408, "text_model_failed", "", None),
        (500, "text_model_failed", "", None),
        (503, "text_model_failed", "3", 3.0),
    ],
)
def test_what_passes_is_worth_trying_again(
    server: HTTPServer, status: int, code: str, header: str, seconds: float | None
) -> None:
    _answer(server, "", status, **{"Retry-After": header})
    error = _failure()
    assert (error.code, error.retryable, error.retry_after) == (code, True, seconds)


@pytest.mark.parametrize(
    "body",
    ["", "<html>Welcome</html>", "[" * 5_000, "[]", '{"choices": []}', '{"choices": [{"message": {"content": null}}]}'],
)
def test_what_is_no_completion_is_refused(server: HTTPServer, body: str) -> None:
    _answer(server, body)
    with pytest.raises(UpstreamError) as raised:
        chat.answer(MESSAGES)
    assert (raised.value.code, raised.value.retryable) == ("text_model_unreadable", False)


@pytest.mark.parametrize(
    "body", ["data: Bread\n\n", f"data: {'[' * 5_000}\n\n", "data: []\n\n", 'data: {"choices": [7]}\n\n', _events()]
)
def test_what_is_no_stream_of_a_completion_is_refused(server: HTTPServer, body: str) -> None:
    _answer(server, body)
    with pytest.raises(UpstreamError) as raised:
        list(chat.stream(MESSAGES))
    assert (raised.value.code, raised.value.retryable) == ("text_model_unreadable", False)


def test_an_answer_without_end_is_left(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "MAX_BYTES", 10_000)
    _answer(server, "x" * 20_000)
    assert "10,000 bytes" in _failure().detail


def test_an_endpoint_that_is_not_there_is_worth_trying_again(
    server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "text_url", "http://127.0.0.1:1/v1")
    error = _failure()
    assert (error.code, error.retryable) == ("text_model_unreachable", True)


def test_without_an_endpoint_the_settings_are_named() -> None:
    for ask in (chat.answer, lambda messages: list(chat.stream(messages))):
        with pytest.raises(Conflict) as raised:
            ask(MESSAGES)
        assert (raised.value.code, raised.value.retryable) == ("text_model_missing", False)
        assert "CONTENT_PIPELINE_TEXT_URL" in raised.value.remedy
