"""One attempt: what the receiver gets, and what its answer means."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import WebhookVerificationError

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import WebhookEndpoint
from content_pipeline.core.settings import settings
from content_pipeline.core.webhooks import attempts, endpoints
from content_pipeline.core.webhooks.attempts import JITTER, RETRY_DELAYS, Outcome
from tests.core.publishing.posting import advance_clock
from tests.core.webhooks.registered import endpoint, happen, recorded, register
from tests.webhook_receiver import Receiver

jitters = st.floats(0, 1)


@given(attempts_failed=st.integers(1, len(RETRY_DELAYS)), jitter=jitters)
def test_a_wait_is_the_published_one_and_up_to_a_fifth_longer(attempts_failed: int, jitter: float) -> None:
    delay, published = attempts.retry_delay(attempts_failed, jitter), RETRY_DELAYS[attempts_failed - 1]
    assert delay is not None
    assert published <= delay <= published * (1 + JITTER)


@given(jitter=jitters)
def test_attempts_go_on_for_three_days_and_end(jitter: float) -> None:
    waits = [attempts.retry_delay(number, jitter) for number in range(1, len(RETRY_DELAYS) + 1)]
    total = sum((wait for wait in waits if wait), timedelta())
    assert timedelta(days=3) <= total <= timedelta(days=4)
    assert attempts.retry_delay(len(RETRY_DELAYS) + 1, jitter) is None


def send(workspace_id: UUID, endpoint_id: UUID) -> Outcome:
    happen(workspace_id, task_id="one")
    return attempts.send(endpoint(endpoint_id), recorded(workspace_id)[-1])


def test_the_receiver_gets_a_signed_event(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, secret = register(workspace_id, receiver.url)
    assert send(workspace_id, endpoint_id) == Outcome(200)
    (request,), (event,) = receiver.received, recorded(workspace_id)
    assert request.verified(secret) == {
        "type": "task.completed",
        "timestamp": event.created_at.isoformat().replace("+00:00", "Z"),
        "data": {"task_id": "one"},
    }
    assert request.event_id == str(event.id)
    assert request.headers["content-type"] == "application/json"


def test_a_tampered_an_old_and_a_foreign_event_are_refused_by_the_library(
    workspace_id: UUID, receiver: Receiver
) -> None:
    endpoint_id, secret = register(workspace_id, receiver.url)
    _, other_secret = register(workspace_id)
    send(workspace_id, endpoint_id)
    (request,) = receiver.received
    tampered = request._replace(body=request.body.replace(b"one", b"two"))
    renamed = request._replace(headers=request.headers | {"webhook-id": "another"})
    old = str(int(request.headers["webhook-timestamp"]) - 301)
    replayed = request._replace(headers=request.headers | {"webhook-timestamp": old})
    for refused in (tampered, renamed, replayed):
        with pytest.raises(WebhookVerificationError):
            refused.verified(secret)
    with pytest.raises(WebhookVerificationError):
        request.verified(other_secret)


def test_during_a_rotation_both_secrets_verify(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, first = register(workspace_id, receiver.url)
    with transaction() as session:
        second = endpoints.rotate_secret(session.get_one(WebhookEndpoint, endpoint_id))
    send(workspace_id, endpoint_id)
    advance_clock(hours=25)
    send(workspace_id, endpoint_id)
    during, after = receiver.received
    assert during.verified(first) == during.verified(second)
    after.verified(second)
    with pytest.raises(WebhookVerificationError):
        after.verified(first)


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (500, {}, "The receiver answered 500."),
        (404, {}, "The receiver answered 404."),
        (410, {}, "The receiver answered 410."),
        (302, {"Location": "http://169.254.169.254/"}, "redirects are not followed"),
        (307, {"Location": "/elsewhere"}, "redirects are not followed"),
    ],
)
def test_other_answers_than_2xx_are_errors_that_say_so(
    workspace_id: UUID, receiver: Receiver, status: int, headers: dict[str, str], said: str
) -> None:
    endpoint_id, _ = register(workspace_id, f"{receiver.url}/hook")
    receiver.answers["/hook"] = status, headers
    outcome = send(workspace_id, endpoint_id)
    assert outcome.error
    assert (outcome.status, outcome.error.code) == (status, "receiver_refused")
    assert said in outcome.error.detail
    assert len(receiver.received) == 1


def test_a_receiver_that_refuses_the_signature_is_told_of_the_secret(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, _ = register(workspace_id, f"{receiver.url}/hook")
    receiver.answers["/hook"] = 401, {}
    outcome = send(workspace_id, endpoint_id)
    assert outcome.error
    assert "present secret" in outcome.error.remedy


@pytest.mark.parametrize(
    ("status", "asked", "throttle"),
    [
        (429, "120", timedelta(minutes=2)),
        (502, "60", timedelta(minutes=1)),
        (503, "60", timedelta(minutes=1)),
        (504, "60", timedelta(minutes=1)),
        (429, "99999999", timedelta(days=1)),
        (429, "later", None),
        (500, "120", None),
    ],
)
def test_a_throttling_answer_asks_for_patience_of_up_to_a_day(
    workspace_id: UUID, receiver: Receiver, status: int, asked: str, throttle: timedelta | None
) -> None:
    endpoint_id, _ = register(workspace_id, f"{receiver.url}/hook")
    receiver.answers["/hook"] = status, {"Retry-After": asked}
    assert send(workspace_id, endpoint_id).throttle == throttle


def test_a_receiver_that_hangs_is_left(workspace_id: UUID, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "TIMEOUT_SECONDS", 0.2)
    endpoint_id, _ = register(workspace_id, f"{receiver.url}/hook")
    receiver.hangs.add("/hook")
    outcome = send(workspace_id, endpoint_id)
    assert outcome.error
    assert (outcome.status, outcome.error.code) == (None, "remote_timeout")


def test_an_address_that_became_private_is_not_called(
    workspace_id: UUID, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id, _ = register(workspace_id, receiver.url)
    monkeypatch.setattr(settings(), "allowed_private_hosts", [])
    outcome = send(workspace_id, endpoint_id)
    assert outcome.error
    assert outcome.error.code == "url_forbidden"
    assert receiver.received == []
