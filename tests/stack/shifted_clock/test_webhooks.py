"""Webhooks on a whole stack: receivers that are down for an hour, that misbehave, and that hang beside others."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.media.samples import SPEECH
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack
from tests.webhook_receiver import Receiver, serving


@pytest.fixture
def receiver(stack: Stack) -> Iterator[Receiver]:
    with serving(stack.remote_port) as receiver:
        yield receiver


def register(client: Client, url: str) -> dict[str, Any]:
    answer = client.http.post("/webhooks", json={"url": url})
    assert answer.status_code == 201, answer.text
    webhook: dict[str, Any] = answer.json()
    return webhook


def deliveries(client: Client, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    answer = client.http.get(f"/webhooks/{webhook['id']}/deliveries")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def finish_caption(client: Client) -> str:
    """Make a caption. Returns its task's id."""
    task_id: str = client.caption(SPEECH, language="en")["task_id"]
    assert client.wait_for_task(task_id)["status"] == "done"
    return task_id


def test_a_receiver_that_is_down_for_an_hour_gets_every_event_afterwards(stack: Stack, client: Client) -> None:
    webhook = register(client, f"http://localhost:{stack.remote_port}/hook")

    def all_are_refused() -> bool:
        return all(delivery["attempts"] and not delivery["last_status"] for delivery in deliveries(client, webhook))

    tasks = set()
    for _ in range(3):
        tasks.add(finish_caption(client))
        until(all_are_refused, seconds=60, what="a refused connection for each event")
        stack.sandbox.advance(20 * 60)
    account_id = client.connect(stack.sandbox, "instagram")
    until(all_are_refused, seconds=60, what="a refused connection for each event")

    def all_are_delivered() -> bool:
        stack.sandbox.advance(10 * 60)
        return all(delivery["status"] == "delivered" for delivery in deliveries(client, webhook))

    with serving(stack.remote_port) as receiver:
        until(all_are_delivered, seconds=120, what="the delivery of all events", pause=1)
    sent = deliveries(client, webhook)
    assert receiver.event_ids() == dict.fromkeys((delivery["event_id"] for delivery in sent), 1)
    events = [request.verified(webhook["secret"]) for request in receiver.received]
    assert Counter(event["type"] for event in events) == {"task.completed": 3, "account.connected": 1}
    assert {event["data"].get("task_id") or event["data"]["account_id"] for event in events} == {*tasks, account_id}


def test_each_bad_receiver_is_treated_as_documented(stack: Stack, client: Client, receiver: Receiver) -> None:
    kinds = ("works", "fails", "gone", "hangs", "redirects")
    webhooks = {kind: register(client, f"{receiver.url}/{kind}") for kind in kinds}

    def last(kind: str) -> tuple[str, int | None, str | None]:
        """Status, HTTP status and error of the only delivery to a receiver."""
        (delivery,) = deliveries(client, webhooks[kind])
        return delivery["status"], delivery["last_status"], (delivery["last_error"] or {}).get("code")

    # This host is not among those that may be private.
    with serving() as private:
        receiver.hangs.add("/hangs")
        receiver.answers |= {
            "/fails": (500, {}),
            "/gone": (410, {}),
            "/redirects": (302, {"Location": f"{private.url}/secret"}),
        }
        finish_caption(client)
        expected = {
            "works": ("delivered", 200, None),
            "fails": ("pending", 500, "receiver_refused"),
            "gone": ("pending", 410, "receiver_refused"),
            "redirects": ("pending", 302, "receiver_refused"),
            "hangs": ("pending", None, "remote_timeout"),
        }
        for kind, outcome in expected.items():
            until(lambda kind=kind, outcome=outcome: last(kind) == outcome, seconds=60, what=f"the one that {kind}")
        assert private.received == []
    gone = client.get(f"/webhooks/{webhooks['gone']['id']}")
    assert (gone["enabled"], gone["reason"]["code"]) == (False, "receiver_gone")
    receiver.answers.clear()
    receiver.hangs.clear()
    receiver.let_go.set()
    stack.sandbox.advance(10 * 60)
    assert client.http.patch(f"/webhooks/{gone['id']}", json={"enabled": True}).status_code == 200
    for kind in kinds:
        until(lambda kind=kind: last(kind)[0] == "delivered", seconds=120, what=f"the one that {kind}")
    assert len(receiver.event_ids()) == 1
    assert len(receiver.of("/works")) == 1


def test_fifty_receivers_get_their_event_while_fifty_others_hang(
    stack: Stack, client: Client, receiver: Receiver
) -> None:
    works, hangs = ([f"/{kind}/{number}" for number in range(50)] for kind in ("works", "hangs"))
    receiver.hangs |= set(hangs)
    for pair in zip(hangs, works, strict=True):
        for path in pair:
            register(client, f"{receiver.url}{path}")
    finish_caption(client)
    until(lambda: all(map(receiver.of, works + hangs)), seconds=60, what="the event at all of them")
    ended = "select 1 from webhook_deliveries delivery join webhook_endpoints endpoint on endpoint_id = endpoint.id"
    assert stack.sql(f"{ended} where url like :hangs and attempts > 0", hangs=f"{receiver.url}/hangs/%") == []
    assert list(receiver.event_ids().values()) == [100]
