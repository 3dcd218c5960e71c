"""Webhooks over HTTP: what is shown, what is refused, and that a secret is shown once and stored nowhere."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import WebhookEndpoint
from content_pipeline.core.webhooks import dispatcher, endpoints
from tests.api.conftest import PUBLIC
from tests.webhook_receiver import receiving

WEBHOOKS = f"{PUBLIC}/webhooks"
URL = "https://8.8.8.8/hook"


def register(client: TestClient, url: str = URL, **fields: Any) -> dict[str, Any]:
    answer = client.post(WEBHOOKS, json={"url": url, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"{WEBHOOKS}/{made['id']}"
    return made


def test_a_webhook_is_registered_and_its_secret_shown_once(client: TestClient) -> None:
    made = register(client, events=["task.completed"])
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert (made["url"], made["events"], made["enabled"], made["reason"]) == (URL, ["task.completed"], True, None)
    assert client.get(f"{WEBHOOKS}/{made['id']}").json() == made
    assert client.get(WEBHOOKS).json() == [made]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"url": "https://127.0.0.1/hook"}, 400, "url_forbidden"),
        ({"url": "https://metadata.internal@10.0.0.1/"}, 400, "url_forbidden"),
        ({"url": "http://8.8.8.8/hook"}, 400, "url_not_https"),
        ({"url": URL, "events": ["task.done"]}, 422, "schema"),
        ({"url": URL, "events": []}, 422, "schema"),
        ({}, 422, "schema"),
    ],
)
def test_a_webhook_that_could_not_work_is_refused(
    client: TestClient, body: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(WEBHOOKS, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.get(WEBHOOKS).json() == []


def test_a_repeated_request_shows_the_same_secret_and_nobody_stores_it_in_clear_text(client: TestClient) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first, again = (client.post(WEBHOOKS, json={"url": URL}, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(client.get(WEBHOOKS).json()) == 1
    address = f"{WEBHOOKS}/{first.json()['id']}/rotate-secret"
    rotated, repeated = (client.post(address, headers=headers) for _ in range(2))
    assert rotated.json() == repeated.json()
    with transaction() as session:
        stored = [
            str(row)
            for table in ("idempotency_keys", "webhook_endpoints")
            for row in session.execute(text(f"select * from {table}"))
        ]
    assert len(stored) == 3
    assert not any(answer.json()["secret"] in row for answer in (first, rotated) for row in stored)


def test_a_webhook_is_edited_disabled_and_enabled(client: TestClient) -> None:
    address = f"{WEBHOOKS}/{register(client)['id']}"
    edited = client.patch(address, json={"url": "https://8.8.4.4/hook", "events": ["credits.low"]}).json()
    assert (edited["url"], edited["events"]) == ("https://8.8.4.4/hook", ["credits.low"])
    disabled = client.patch(address, json={"enabled": False}).json()
    assert (disabled["enabled"], disabled["reason"]["code"]) == (False, "webhook_disabled")
    enabled = client.patch(address, json={"enabled": True, "events": None}).json()
    assert (enabled["enabled"], enabled["reason"], enabled["events"]) == (True, None, None)
    assert client.patch(address, json={"url": "https://10.0.0.1/"}).json()["code"] == "url_forbidden"
    assert client.patch(address, json={"url": None}).status_code == 422


def test_an_enabled_webhook_that_is_enabled_keeps_what_it_knows(client: TestClient) -> None:
    made = register(client)
    with transaction() as session:
        row = session.get_one(WebhookEndpoint, made["id"])
        row.failing_since = row.created_at
    assert client.patch(f"{WEBHOOKS}/{made['id']}", json={"enabled": True}).json()["failing_since"]


def test_a_deleted_webhook_is_gone(client: TestClient) -> None:
    address = f"{WEBHOOKS}/{register(client)['id']}"
    client.post(f"{address}/test")
    assert client.delete(address).status_code == 204
    assert client.get(address).json()["code"] == "webhook_not_found"
    assert client.get(f"{address}/deliveries").status_code == 404


def test_a_test_event_is_delivered_shown_and_sent_again(client: TestClient) -> None:
    with receiving() as receiver:
        made = register(client, receiver.url, events=["credits.low"])
        answer = client.post(f"{WEBHOOKS}/{made['id']}/test")
        assert (answer.status_code, answer.json()["type"], answer.json()["status"]) == (202, "webhook.test", "pending")
        dispatcher.deliver_due(transaction)
        (shown,) = client.get(answer.headers["Location"]).json()
        assert (shown["status"], shown["last_status"], shown["attempts"]) == ("delivered", 200, 0)
        again = client.post(f"{WEBHOOKS}/{made['id']}/deliveries/{shown['id']}/redeliver")
        assert (again.status_code, again.json()["status"]) == (202, "pending")
        dispatcher.deliver_due(transaction)
        first, second = receiver.received
    assert first.event_id == second.event_id == shown["event_id"]
    assert first.verified(made["secret"]) == second.verified(made["secret"])
    assert first.verified(made["secret"])["data"] == {"webhook_id": made["id"]}


def test_deliveries_are_listed_by_status_and_page(client: TestClient) -> None:
    address = f"{WEBHOOKS}/{register(client)['id']}"
    for _ in range(3):
        client.post(f"{address}/test")
    page = client.get(f"{address}/deliveries", params={"limit": 2})
    rest = client.get(f"{address}/deliveries", params={"limit": 2, "cursor": page.headers["X-Next-Cursor"]})
    assert len({delivery["id"] for delivery in page.json() + rest.json()}) == 3
    assert client.get(f"{address}/deliveries", params={"status": "failed"}).json() == []


def test_a_disabled_webhook_sends_no_test_and_nothing_again(client: TestClient) -> None:
    address = f"{WEBHOOKS}/{register(client)['id']}"
    delivery = client.post(f"{address}/test").json()["id"]
    client.patch(address, json={"enabled": False})
    for path in ("test", f"deliveries/{delivery}/redeliver"):
        answer = client.post(f"{address}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (409, "webhook_disabled")


def test_a_delivery_is_found_under_its_own_webhook_only(client: TestClient) -> None:
    one, other = (f"{WEBHOOKS}/{register(client)['id']}" for _ in range(2))
    delivery = client.post(f"{one}/test").json()["id"]
    answer = client.post(f"{other}/deliveries/{delivery}/redeliver")
    assert (answer.status_code, answer.json()["code"]) == (404, "delivery_not_found")


def test_there_is_a_limit_per_workspace(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MAX_ENDPOINTS", 0)
    answer = client.post(WEBHOOKS, json={"url": URL})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_webhooks")
