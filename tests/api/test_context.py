"""Request ids, the access log and CORS."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from fastapi.testclient import TestClient

from api import context, logs
from api.main import create_app
from content_pipeline.core.settings import settings

ORIGIN = "https://app.example.com"


def test_each_answer_carries_an_id_of_its_own(client: TestClient) -> None:
    ids = {client.get(path).headers["X-Request-Id"] for path in ("/health/live", "/nothing", "/api/v1/tasks")}
    assert len(ids) == 3


def test_the_id_of_the_client_is_kept_when_it_is_sane(anonymous_client: TestClient) -> None:
    assert (
        anonymous_client.get("/health/live", headers={"X-Request-Id": "abc-1.2_3"}).headers["X-Request-Id"]
        == "abc-1.2_3"
    )


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, '"quoted"', "a\tb"])
def test_an_id_that_could_spoil_a_log_is_replaced(anonymous_client: TestClient, given: str) -> None:
    assert anonymous_client.get("/health/live", headers={"X-Request-Id": given}).headers["X-Request-Id"] != given


@pytest.fixture
def log(monkeypatch) -> Iterator[io.StringIO]:
    """The output of the log, as the service configures it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    logs.configure()
    monkeypatch.setattr(context, "log", structlog.get_logger())  # one that has not found its stream yet
    yield output
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_a_request_is_one_line_of_json_without_its_secrets(client: TestClient, log) -> None:
    answer = client.get("/api/v1/public/tasks/sync_1?secret=hunter2", headers={"Authorization": "hunter2"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["method"], line["status"]) == ("GET", 422)
    assert (line["path"], line["route"]) == ("/api/v1/public/tasks/sync_1", "get_task")
    assert line["milliseconds"] >= 0
    assert "hunter2" not in str(line)
    assert client.headers["X-API-Key"] not in str(line)


@pytest.fixture
def browser(connect, monkeypatch) -> TestClient:
    monkeypatch.setattr(settings(), "cors_origins", [ORIGIN])
    return TestClient(create_app(), headers={**connect().headers, "Origin": ORIGIN})


def test_a_browser_may_ask_before_it_sends_its_key(browser: TestClient) -> None:
    del browser.headers["X-API-Key"]
    needed = ["X-API-Key", "Idempotency-Key", "If-None-Match", "Last-Event-ID"]
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": ",".join(needed).lower()}
    answer = browser.options("/api/v1/public/captions/generate", headers=preflight)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert set(needed) <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    assert "X-Request-Id" in answer.headers


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/api/v1/tasks", "/api/v1/tasks/unknown", "/api/v1/public/nothing"])
def test_a_browser_may_read_answers_errors_and_their_headers(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"ETag", "Link", "Location", "X-Next-Cursor", "Retry-After", "X-Request-Id", "RateLimit"} <= exposed


def test_a_refusal_of_the_key_can_be_read_by_a_browser(browser: TestClient) -> None:
    del browser.headers["X-API-Key"]
    assert browser.get("/api/v1/tasks").headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.slow
def test_other_origins_get_no_permission(browser: TestClient) -> None:
    answer = browser.get("/api/v1/tasks", headers={"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_no_origin_gets_permission_unless_the_settings_name_it(client: TestClient) -> None:
    assert "Access-Control-Allow-Origin" not in client.get("/api/v1/tasks", headers={"Origin": ORIGIN}).headers
