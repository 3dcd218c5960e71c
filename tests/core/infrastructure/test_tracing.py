"""Traces: what is sent of a span, and that nothing is without the setting."""

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from pytest_httpserver import HTTPServer

from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure import tracing
from content_pipeline.core.infrastructure.net.limited_client import limited_client
from tests.otlp_collector import attributes, collecting

pytestmark = pytest.mark.slow

SECRET = "EAAGm0PX4ZCpsBA"


@pytest.fixture
def platform() -> Iterator[HTTPServer]:
    with HTTPServer() as server:
        yield server


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v25.0/17841405822304914/media_publish", "/v25.0/{id}/media_publish"),
        ("/graph.instagram.com/me/media", "/graph.instagram.com/me/media"),
        ("/upload/youtube/v3/videos", "/upload/youtube/v3/videos"),
        ("/rest/people/(id:abc)", "/rest/people/{id}"),
        ("/rest/posts/urn%3Ali%3Ashare%3A7", "/rest/posts/{id}"),
        ("/v2/post/publish/video/init/", "/v2/post/publish/video/init/"),
        (f"/hooks/{SECRET}", "/hooks/{id}"),
        ("/hooks/abcdefghijklmnopqrstuvwxyz", "/hooks/{id}"),
    ],
)
def test_of_a_path_only_words_are_told(path: str, words: str) -> None:
    assert tracing.words_of(path) == words


def test_a_call_is_a_span_without_its_secrets(platform: HTTPServer) -> None:
    platform.expect_request(f"/v2/{SECRET}").respond_with_data(SECRET, status=429)
    with collecting() as collector, limited_client() as client:
        url = platform.url_for(f"/v2/{SECRET}?access_token={SECRET}")
        client.post(url, headers={"Authorization": f"Bearer {SECRET}", "Cookie": f"id={SECRET}"}, data={"code": SECRET})
    (span,) = collector.spans
    assert span.name == f"POST {platform.host}/v2/{{id}}"
    assert attributes(span).items() >= {"http.response.status_code": 429, "error.type": "429"}.items()
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert SECRET.encode() not in b"".join(collector.bodies)


def test_platforms_are_not_told_of_the_trace(platform: HTTPServer) -> None:
    platform.expect_request("/").respond_with_data("ok")
    with collecting(), limited_client() as client, tracing.span("request", {}):
        client.get(platform.url_for("/"))
    ((request, _),) = platform.log
    assert not {"traceparent", "tracestate", "baggage"} & {name.lower() for name, _ in request.headers}


def test_an_error_is_told_by_its_code_or_name_and_not_by_its_words() -> None:
    with collecting() as collector, limited_client() as client:
        with pytest.raises(Error), tracing.span("known", {}):
            raise Error(SECRET, code="no_audio")
        with pytest.raises(RuntimeError), tracing.span("caused", {}):
            raise RuntimeError(SECRET) from Error(SECRET, code="no_audio")
        with pytest.raises(httpx.ConnectError):
            client.get(f"http://127.0.0.1:1/?token={SECRET}")
    found = [attributes(span)["error.type"] for span in collector.spans]
    assert found == ["no_audio", "no_audio", "ConnectError"]
    assert SECRET.encode() not in b"".join(collector.bodies)


def test_a_trace_goes_on_in_another_process_and_ends_with_its_own() -> None:
    with collecting() as collector:
        with tracing.span("request", {}):
            kept = tracing.traceparent()
        with tracing.span("other request", {}), tracing.span("run", {}, parent=tracing.remote(kept)):
            pass
        with tracing.span("third request", {}), tracing.span("unasked run", {}, parent=tracing.remote(None)):
            pass
    request, run = collector.named("request"), collector.named("run")
    assert (run.trace_id, run.parent_span_id) == (request.trace_id, request.span_id)
    assert not collector.named("unasked run").parent_span_id


@pytest.mark.slow
def test_a_collector_that_is_away_disturbs_nobody(platform: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.expect_request("/").respond_with_data("ok")
    monkeypatch.setattr(tracing.settings(), "otlp_endpoint", "http://127.0.0.1:1")
    tracing.configure("test")
    try:
        with limited_client() as client:
            assert client.get(platform.url_for("/")).text == "ok"
    finally:
        tracing.shutdown()


@pytest.mark.slow
def test_without_the_setting_nothing_is_recorded_or_even_imported() -> None:
    with tracing.span("request", {}) as span:
        assert not span.is_recording()
        assert tracing.traceparent() is None
    loaded = "import sys, api.main, content_pipeline.engine.step; print([n for n in sys.modules if '.sdk' in n])"
    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
