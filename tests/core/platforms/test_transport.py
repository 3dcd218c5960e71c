"""HTTP transport to the platforms."""

import httpx
import pytest
from pytest_httpserver import HTTPServer

from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Ambiguous
from tests.core.platforms.network import network

ADDRESS = "https://api.example/thing"


def garbled(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"this is no gzip"))


def test_a_garbled_answer_to_a_question_is_none() -> None:
    with network(garbled), pytest.raises(UpstreamError) as caught:
        transport.read("GET", ADDRESS)
    assert (caught.value.code, caught.value.retryable) == ("platform_unreachable", True)


def test_a_question_is_asked_again_after_a_garbled_answer() -> None:
    answers = iter([garbled, garbled, lambda _: httpx.Response(200, text="here")])
    with network(lambda request: next(answers)(request)):
        assert transport.read("GET", ADDRESS).text == "here"


def test_a_garbled_answer_to_a_change_says_nothing_of_it() -> None:
    with network(garbled), pytest.raises(Ambiguous):
        transport.send("POST", ADDRESS)


def test_what_a_platform_keeps_of_one_account_is_not_sent_for_another(httpserver: HTTPServer) -> None:
    cookies = {"Set-Cookie": "session=of-account-a; Path=/"}
    httpserver.expect_request("/thing").respond_with_data("here", headers=cookies)
    for token in ("a", "b"):
        transport.read("GET", httpserver.url_for("/thing"), headers={"Authorization": f"Bearer {token}"})
    (_, second) = [request for request, _ in httpserver.log]
    assert second.headers["Authorization"] == "Bearer b"
    assert "Cookie" not in second.headers
