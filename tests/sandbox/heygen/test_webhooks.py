"""Deliveries of the fake HeyGen."""

import hashlib
import hmac
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sandbox.heygen.webhooks import CALLBACK_SECRET
from tests.polling import until
from tests.sandbox.heygen.customer import LONGEST, call, create, read
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.slow


class Receiver:
    """A customer's webhook endpoint; answers with the `statuses` in turn, then with 200."""

    def __init__(self, server: HTTPServer) -> None:
        self.received: list[Request] = []
        self.statuses: list[int] = []
        self.url = server.url_for("/hook")
        server.expect_request("/hook").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            request.get_data()
            self.received.append(request)
        return Response(status=self.statuses.pop(0) if self.statuses else 200)

    def wait_for(self, number: int) -> list[Request]:
        until(lambda: len(self.received) >= number, seconds=30, what=f"{number} webhooks", pause=0.01)
        return self.received


@pytest.fixture
def receiver(httpserver: HTTPServer, sandbox: Sandbox) -> Iterator[Receiver]:
    yield Receiver(httpserver)
    sandbox.reset()  # its deliveries end before the receiver does


def is_signed(request: Request, secret: str) -> bool:
    expected = hmac.new(secret.encode(), request.get_data(), hashlib.sha256).hexdigest()
    return request.headers["Heygen-Signature"] == expected


@pytest.mark.slow
def test_a_finished_video_is_reported_to_its_callback(sandbox: Sandbox, receiver: Receiver) -> None:
    video_id = create(sandbox, callback_url=receiver.url, callback_id="ours")
    assert receiver.received == []
    sandbox.advance(LONGEST)
    (delivery,) = receiver.wait_for(1)
    assert is_signed(delivery, CALLBACK_SECRET)
    assert delivery.headers["Heygen-Event-Id"].startswith("evt_")
    assert delivery.headers["Heygen-Timestamp"].isdecimal()
    event = delivery.get_json()
    data = event["event_data"]
    assert (event["event_type"], data["video_id"], data["callback_id"]) == ("avatar_video.success", video_id, "ours")
    assert "Signature=" in data["url"]
    assert "video_url" not in data


def test_an_address_that_is_none_stops_no_other_delivery(sandbox: Sandbox, receiver: Receiver) -> None:
    create(sandbox, callback_url="http://[")
    video_id = create(sandbox, callback_url=receiver.url)
    sandbox.advance(LONGEST)
    (delivery,) = receiver.wait_for(1)
    assert delivery.get_json()["event_data"]["video_id"] == video_id


def test_a_failed_video_is_reported_with_its_reason(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set(heygen_failure_code="MODERATION")
    create(sandbox, callback_url=receiver.url)
    sandbox.advance(LONGEST)
    (delivery,) = receiver.wait_for(1)
    event = delivery.get_json()
    assert (event["event_type"], event["event_data"]["error"]) == ("avatar_video.fail", "MODERATION")


def test_an_endpoint_gets_its_secret_once_and_a_new_one_on_demand(sandbox: Sandbox, receiver: Receiver) -> None:
    endpoint = call(sandbox, "POST", "/webhooks/endpoints", json={"url": receiver.url}).json()["data"]
    (listed,) = read(sandbox, "/webhooks/endpoints")["data"]
    assert (listed["endpoint_id"], listed["secret"]) == (endpoint["endpoint_id"], None)
    path = f"/webhooks/endpoints/{endpoint['endpoint_id']}"
    rotated = call(sandbox, "POST", f"{path}/rotate-secret").json()["data"]["secret"]
    assert rotated != endpoint["secret"]
    create(sandbox)
    sandbox.advance(LONGEST)
    (delivery,) = receiver.wait_for(1)
    assert is_signed(delivery, rotated)
    assert call(sandbox, "DELETE", path).status_code == 200
    assert call(sandbox, "DELETE", path).status_code == 404


def test_an_endpoint_gets_the_events_that_it_asked_for(sandbox: Sandbox, receiver: Receiver) -> None:
    body = {"url": receiver.url, "events": ["avatar_video.fail"]}
    call(sandbox, "POST", "/webhooks/endpoints", json=body).raise_for_status()
    create(sandbox)
    sandbox.set(heygen_failure_code="MODERATION")
    create(sandbox)
    sandbox.advance(LONGEST)
    (delivery,) = receiver.wait_for(1)
    assert delivery.get_json()["event_type"] == "avatar_video.fail"


def test_an_endpoint_that_does_not_answer_the_probe_is_refused(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.statuses = [405]
    refused = call(sandbox, "POST", "/webhooks/endpoints", json={"url": receiver.url})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "url")


@pytest.mark.slow
def test_a_delivery_that_is_not_taken_comes_again(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.statuses = [500]
    create(sandbox, callback_url=receiver.url)
    sandbox.advance(LONGEST)
    receiver.wait_for(1)
    # Its next attempt is set after the answer has arrived, which may be after the clock was advanced.
    until(lambda: sandbox.advance(60) or len(receiver.received) == 2, seconds=30, what="the second attempt")
    first, second = receiver.received
    assert first.headers["Heygen-Event-Id"] == second.headers["Heygen-Event-Id"]


def test_a_delivery_can_be_signed_with_another_secret(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set(heygen_webhooks="bad_signature")
    create(sandbox, callback_url=receiver.url)
    sandbox.advance(LONGEST)
    (delivery,) = receiver.wait_for(1)
    assert not is_signed(delivery, CALLBACK_SECRET)


def test_a_delivery_can_be_old(sandbox: Sandbox, receiver: Receiver) -> None:
    create(sandbox, callback_url=receiver.url)
    sandbox.advance(LONGEST)
    (fresh,) = receiver.wait_for(1)
    sandbox.set(heygen_webhooks="old_timestamp")
    create(sandbox, callback_url=receiver.url)
    sandbox.advance(LONGEST)
    _, old = receiver.wait_for(2)
    assert int(old.headers["Heygen-Timestamp"]) < int(fresh.headers["Heygen-Timestamp"])


def test_a_delivery_can_come_twice(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set(heygen_webhooks="doubled")
    create(sandbox, callback_url=receiver.url)
    sandbox.advance(LONGEST)
    first, second = receiver.wait_for(2)
    assert first.headers["Heygen-Event-Id"] == second.headers["Heygen-Event-Id"]


def test_deliveries_can_come_in_the_wrong_order(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set(heygen_webhooks="none")
    ids = [create(sandbox, callback_url=receiver.url) for _ in range(3)]
    sandbox.advance(LONGEST)
    sandbox.set(heygen_webhooks="swapped")
    received = receiver.wait_for(3)
    assert [request.get_json()["event_data"]["video_id"] for request in received] == ids[::-1]
