"""The webhook receiver of the demo: what it prints, and what it answers."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook

from content_pipeline.cli.demo_webhooks import receiving
from content_pipeline.core.infrastructure.clock import now
from tests.stack.harness import free_port

pytestmark = pytest.mark.slow

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CAPTION = {"type": "task.completed", "data": {"kind": "caption", "task_id": "sync_1"}}
POSTED = {"type": "calendar_item.published", "data": {"platform": "tiktok"}}


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer() as server:
        server.expect_request("/webhooks", method="POST").respond_with_json({"id": "1", "secret": SECRET}, 201)
        server.expect_request("/webhooks/1", method="DELETE").respond_with_data(status=204)
        yield server


@pytest.fixture
def api(server: HTTPServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url_for("")) as client:
        yield client


def address(server: HTTPServer) -> str:
    """The address that was registered."""
    request, _ = server.log[0]
    url: str = json.loads(request.data)["url"]
    return url


def deliver(url: str, event: dict[str, Any], *, id: str = "evt_1", tampered: str = "") -> int:
    body, sent = json.dumps(event), now()
    headers = {
        "webhook-id": id,
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(id, sent, body),
    }
    return httpx.post(url, content=body + tampered, headers=headers).status_code


def nothing_is_pending(server: HTTPServer) -> None:
    server.expect_request("/webhooks/1/deliveries").respond_with_json([{"status": "delivered"}])


def test_a_line_is_printed_for_each_event_however_often_it_comes(
    server: HTTPServer, api: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing_is_pending(server)
    with receiving(api, free_port()):
        url = address(server)
        statuses = [deliver(url, CAPTION), deliver(url, CAPTION), deliver(url, POSTED, id="evt_2")]
    assert statuses == [204, 204, 204]
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["webhook", "task.completed", "caption"],
        ["webhook", "calendar_item.published", "tiktok"],
    ]


def test_what_was_tampered_with_is_refused_and_not_shown(
    server: HTTPServer, api: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing_is_pending(server)
    with receiving(api, free_port()):
        assert deliver(address(server), CAPTION, tampered=" ") == 401
    assert capsys.readouterr().out == ""


def test_the_webhook_of_an_earlier_demo_is_told_that_it_is_gone(server: HTTPServer, api: httpx.Client) -> None:
    nothing_is_pending(server)
    with receiving(api, free_port()):
        assert deliver(f"{address(server)}x", CAPTION) == 410


def test_the_webhook_is_deleted_when_all_is_delivered(server: HTTPServer, api: httpx.Client) -> None:
    server.expect_oneshot_request("/webhooks/1/deliveries").respond_with_json([{"status": "pending"}])
    nothing_is_pending(server)
    with receiving(api, free_port()):
        pass
    paths = [(request.method, request.path) for request, _ in server.log[1:]]
    assert paths == [("GET", "/webhooks/1/deliveries")] * 2 + [("DELETE", "/webhooks/1")]


def test_the_webhook_of_a_demo_that_fails_is_deleted_at_once(server: HTTPServer, api: httpx.Client) -> None:
    with pytest.raises(ZeroDivisionError), receiving(api, free_port()):
        _ = 1 / 0
    assert [request.method for request, _ in server.log] == ["POST", "DELETE"]
