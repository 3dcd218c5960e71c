"""Delivery of what is due: retries, slow and broken receivers, endpoints that fail throughout."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.net import safe_fetch
from content_pipeline.core.models import WebhookEndpoint
from content_pipeline.core.tasks import tasks
from content_pipeline.core.webhooks import dispatcher, endpoints
from content_pipeline.core.webhooks.attempts import RETRY_DELAYS
from tests.core.publishing.posting import advance_clock
from tests.core.webhooks.registered import deliver, deliveries, endpoint, happen, recorded, register
from tests.factories import make_workspace
from tests.polling import until
from tests.webhook_receiver import Receiver


def statuses(endpoint_id: UUID) -> list[str]:
    return [delivery.status for delivery in deliveries(endpoint_id)]


def test_what_is_due_is_delivered_once(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, _ = register(workspace_id, receiver.url)
    for number in range(5):
        happen(workspace_id, number=number)
    deliver()
    deliver()
    assert receiver.event_ids() == {str(event.id): 1 for event in recorded(workspace_id)}
    assert statuses(endpoint_id) == ["delivered"] * 5
    (first, *_) = deliveries(endpoint_id)
    assert (first.last_status, first.last_error, first.next_attempt_at) == (200, None, None)


def test_nothing_due_is_told_from_something_due(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, _ = register(workspace_id, receiver.url)
    with transaction() as session:
        assert not dispatcher.is_due(session)
    happen(workspace_id)
    with transaction() as session:
        assert dispatcher.is_due(session)
        endpoints.disable(session.get_one(WebhookEndpoint, endpoint_id), endpoints.DISABLED)
        session.flush()
        assert not dispatcher.is_due(session)


@pytest.mark.slow
def test_a_receiver_that_was_down_for_an_hour_gets_every_event(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, _ = register(workspace_id, f"{receiver.url}/hook")
    receiver.answers["/hook"] = 503, {}
    for minutes in (0, 20, 20, 20):
        advance_clock(minutes=minutes)
        happen(workspace_id)
        deliver()
    assert endpoint(endpoint_id).failing_since
    receiver.answers.clear()
    receiver.received.clear()
    for _ in RETRY_DELAYS:
        advance_clock(hours=1)
        deliver()
    assert receiver.event_ids() == {str(event.id): 1 for event in recorded(workspace_id)}
    assert statuses(endpoint_id) == ["delivered"] * 4
    assert endpoint(endpoint_id).failing_since is None


def test_a_retry_carries_the_same_event_and_waits_for_its_time(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, secret = register(workspace_id, f"{receiver.url}/hook")
    receiver.answers["/hook"] = 500, {}
    happen(workspace_id)
    deliver()
    deliver()
    assert len(receiver.received) == 1
    advance_clock(seconds=6)
    receiver.answers.clear()
    deliver()
    first, second = receiver.received
    assert first.event_id == second.event_id
    assert first.verified(secret) == second.verified(secret)
    assert statuses(endpoint_id) == ["delivered"]


def test_a_secret_that_is_rotated_during_a_delivery_loses_nothing(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, first = register(workspace_id, f"{receiver.url}/hook")
    receiver.hangs.add("/hook")
    receiver.answers["/hook"] = 401, {}
    happen(workspace_id)
    with ThreadPoolExecutor(1) as run:
        delivering = run.submit(deliver)
        until(lambda: receiver.received, seconds=10, what="the delivery")
        with transaction() as session:
            second = endpoints.rotate_secret(session.get_one(WebhookEndpoint, endpoint_id))
        receiver.let_go.set()
        delivering.result(10)
    (failed,) = deliveries(endpoint_id)
    assert (failed.status, (failed.last_error or {})["message"]) == ("pending", "The receiver answered 401.")
    receiver.answers.clear()
    advance_clock(seconds=7)
    deliver()
    again = receiver.received[-1]
    assert again.verified(first) == again.verified(second)
    assert statuses(endpoint_id) == ["delivered"]


def test_an_endpoint_that_answers_410_is_disabled_and_says_so(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, _ = register(workspace_id, f"{receiver.url}/hook")
    receiver.answers["/hook"] = 410, {}
    happen(workspace_id)
    happen(workspace_id)
    deliver()
    gone = endpoint(endpoint_id)
    assert gone.disabled_at
    assert (gone.reason or {})["code"] == "receiver_gone"
    assert len(receiver.received) == 1
    receiver.answers.clear()
    with transaction() as session:
        endpoints.enable(session.get_one(WebhookEndpoint, endpoint_id))
    advance_clock(seconds=7)
    deliver()
    assert statuses(endpoint_id) == ["delivered"] * 2


@pytest.mark.slow
@pytest.mark.parametrize("succeeds_between", [False, True])
def test_an_endpoint_that_fails_for_three_days_is_disabled_unless_it_worked_between(
    workspace_id: UUID, receiver: Receiver, succeeds_between: bool
) -> None:
    endpoint_id, _ = register(workspace_id, f"{receiver.url}/hook")
    receiver.answers["/hook"] = 500, {}
    happen(workspace_id)
    deliver()
    for number, delay in enumerate(RETRY_DELAYS):
        if succeeds_between and number == len(RETRY_DELAYS) - 1:
            happen(workspace_id)
            refusal = receiver.answers.pop("/hook")
            deliver()
            receiver.answers["/hook"] = refusal
        advance_clock(seconds=delay.total_seconds() * 1.2 + 1)
        deliver()
    failed = deliveries(endpoint_id)[0]
    assert (failed.status, failed.attempts, failed.next_attempt_at) == ("failed", 10, None)
    if succeeds_between:
        assert endpoint(endpoint_id).disabled_at is None
        return
    assert (endpoint(endpoint_id).reason or {})["code"] == "receiver_failing"
    happen(workspace_id)
    assert len(recorded(workspace_id)) == 1


def test_a_receiver_that_asks_for_patience_gets_nothing_meanwhile(workspace_id: UUID, receiver: Receiver) -> None:
    register(workspace_id, f"{receiver.url}/hook")
    receiver.answers["/hook"] = 429, {"Retry-After": "600"}
    happen(workspace_id)
    deliver()
    receiver.answers.clear()
    happen(workspace_id)
    advance_clock(minutes=9)
    deliver()
    assert len(receiver.received) == 1
    advance_clock(minutes=2)
    deliver()
    assert set(receiver.event_ids()) == {str(event.id) for event in recorded(workspace_id)}


@pytest.mark.slow
def test_half_of_a_hundred_receivers_hang_and_the_others_get_theirs(workspace_id: UUID, receiver: Receiver) -> None:
    for number in range(50):
        register(workspace_id, f"{receiver.url}/hangs/{number}")
        receiver.hangs.add(f"/hangs/{number}")
        register(workspace_id, f"{receiver.url}/works/{number}")
    for number in range(2):
        happen(workspace_id, number=number)
    with ThreadPoolExecutor(1) as run:
        delivering = run.submit(deliver)
        works = [f"/works/{number}" for number in range(50)]
        until(lambda: all(len(receiver.of(path)) == 2 for path in works), seconds=60, what="the others' events")
        assert not receiver.let_go.is_set()
        receiver.let_go.set()
        delivering.result(60)


@pytest.mark.slow
def test_an_event_that_comes_while_a_receiver_hangs_is_not_held_up(workspace_id: UUID, receiver: Receiver) -> None:
    register(workspace_id, f"{receiver.url}/hangs")
    receiver.hangs.add("/hangs")
    happen(workspace_id)
    with ThreadPoolExecutor(1) as run:
        delivering = run.submit(deliver)
        until(lambda: receiver.of("/hangs"), seconds=10, what="the one that hangs")
        register(workspace_id, f"{receiver.url}/works")
        happen(workspace_id)
        until(lambda: receiver.of("/works"), seconds=10, what="the other")
        assert len(receiver.of("/hangs")) == 1, "an endpoint gets one at a time"
        receiver.let_go.set()
        delivering.result(10)


def test_receivers_that_failed_take_no_place_of_those_that_work(
    workspace_id: UUID, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "MAX_CONCURRENT", 1)
    for number in range(3):
        register(workspace_id, f"{receiver.url}/fails/{number}")
        receiver.answers[f"/fails/{number}"] = 500, {}
        receiver.hangs.add(f"/fails/{number}")
    receiver.let_go.set()
    happen(workspace_id)
    deliver()
    receiver.let_go.clear()
    advance_clock(seconds=7)
    register(workspace_id, f"{receiver.url}/works")
    happen(workspace_id)
    with ThreadPoolExecutor(1) as run:
        delivering = run.submit(deliver)
        until(lambda: receiver.of("/works"), seconds=10, what="the one that works")
        receiver.let_go.set()
        delivering.result(10)


@pytest.mark.slow
@pytest.mark.parametrize(("workspaces", "places"), [(1, 4), (2, 2)])
def test_workspaces_whose_new_receivers_hang_leave_a_place_for_another(
    workspace_id: UUID, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, workspaces: int, places: int
) -> None:
    monkeypatch.setattr(dispatcher, "MAX_CONCURRENT", 5)
    with transaction() as session:
        hanging = {f"/hangs/{number}": make_workspace(session) for number in range(workspaces)}
    receiver.hangs.update(hanging)
    for path, hanging_id in hanging.items():
        for _ in range(6):  # which no limit of endpoints counts
            with transaction() as session:
                task = tasks.create(session, workspace_id=hanging_id, kind="reel", key=str(uuid4()))
                endpoints.create_for_task(session, hanging_id, task.id, f"{receiver.url}{path}")
            happen(hanging_id, task_id=task.id)
    with ThreadPoolExecutor(1) as run:
        delivering = run.submit(deliver)
        until(lambda: len(receiver.received) == workspaces * places, seconds=10, what="those that hang")
        register(workspace_id, f"{receiver.url}/works")
        happen(workspace_id)
        until(lambda: receiver.of("/works"), seconds=10, what="the one that works")
        assert [len(receiver.of(path)) for path in hanging] == [places] * workspaces
        receiver.let_go.set()
        delivering.result(10)


def test_an_endpoint_that_is_deleted_during_a_delivery_disturbs_nobody(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, _ = register(workspace_id, f"{receiver.url}/hook")
    receiver.hangs.add("/hook")
    happen(workspace_id)
    with ThreadPoolExecutor(1) as run:
        delivering = run.submit(deliver)
        until(lambda: receiver.received, seconds=10, what="the delivery")
        with transaction() as session:
            session.delete(session.get_one(WebhookEndpoint, endpoint_id))
        receiver.let_go.set()
        delivering.result(10)
    assert deliveries(endpoint_id) == []


class Fenced(Exception):
    """The run may write no more."""


def test_what_a_killed_run_had_in_flight_is_delivered_by_the_next(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, _ = register(workspace_id, receiver.url)
    happen(workspace_id)
    opened: list[AbstractContextManager[Session]] = []

    def fails_after_the_first() -> AbstractContextManager[Session]:
        if opened:
            raise Fenced
        opened.append(transaction())
        return opened[0]

    with pytest.raises(Fenced):
        dispatcher.deliver_due(fails_after_the_first)
    assert statuses(endpoint_id) == ["pending"]
    deliver()
    assert statuses(endpoint_id) == ["delivered"]
    assert list(receiver.event_ids().values()) == [2], "at least once, under one id"


def test_a_secret_that_cannot_be_decrypted_holds_up_only_its_own_endpoint(
    workspace_id: UUID, receiver: Receiver
) -> None:
    broken, _ = register(workspace_id, f"{receiver.url}/broken")
    works, _ = register(workspace_id, f"{receiver.url}/works")
    with transaction() as session:
        row = session.get_one(WebhookEndpoint, broken)
        row.secret = row.secret[:-1] + bytes([row.secret[-1] ^ 1])
    happen(workspace_id)
    deliver()
    assert statuses(works) == ["delivered"]
    (failed,) = deliveries(broken)
    assert (failed.status, (failed.last_error or {})["code"]) == ("pending", "sealed_value_invalid")


def test_a_fault_of_ours_with_one_endpoint_holds_up_no_other(
    workspace_id: UUID, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, _ = register(workspace_id, f"{receiver.url}/broken")
    works, _ = register(workspace_id, f"{receiver.url}/works")
    post = safe_fetch.post

    def breaks(url: str, *arguments: Any, **named: Any) -> httpx.Response:
        if url.endswith("/broken"):
            raise RuntimeError("It broke.")
        return post(url, *arguments, **named)

    monkeypatch.setattr(safe_fetch, "post", breaks)
    happen(workspace_id)
    deliver()
    assert statuses(works) == ["delivered"]
    (failed,) = deliveries(broken)
    assert (failed.status, (failed.last_error or {})["code"]) == ("pending", "delivery_broken")


def test_an_answer_that_cannot_be_read_holds_up_no_other_endpoint(workspace_id: UUID, receiver: Receiver) -> None:
    odd, _ = register(workspace_id, f"{receiver.url}/odd")
    works, _ = register(workspace_id, f"{receiver.url}/works")
    receiver.answers["/odd"] = 429, {"Retry-After": f"Fri, 27 Nov 2026 00:00:00 +{'9' * 20}"}
    happen(workspace_id)
    happen(workspace_id)
    deliver()
    assert statuses(works) == ["delivered"] * 2
    assert statuses(odd) == ["pending"] * 2


def test_a_run_ends_after_its_time_and_leaves_the_rest_to_the_next(
    workspace_id: UUID, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(workspace_id, receiver.url)
    happen(workspace_id)
    monkeypatch.setattr(dispatcher, "RUN_SECONDS", 0.0)
    deliver()
    assert receiver.received == []
    with transaction() as session:
        assert dispatcher.is_due(session)
