"""Idempotency keys in the database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update

from content_pipeline.core.errors import Conflict, Unprocessable
from content_pipeline.core.infrastructure import clock
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import IdempotencyKey
from content_pipeline.core.workspaces import idempotency, workspaces
from content_pipeline.core.workspaces.idempotency import Answer, Request

ANSWER = Answer(202, {"task_id": "one", "status": "queued"}, "/tasks/one")


@pytest.fixture
def request_(database) -> Request:
    with transaction() as session:
        caller = workspaces.authenticate(session, workspaces.create_key(session, workspace="Idempotent"))
    return Request(caller.api_key_id, "POST /things", str(uuid4()), idempotency.fingerprint({"a": 1}))


def answer(request: Request, given: Answer = ANSWER) -> Answer | None:
    """One request from its start to its end."""
    with transaction() as session:
        kept = idempotency.claim(session, request)
        if kept is None:
            idempotency.keep(session, request, given)
        return kept


def test_a_repeat_gets_the_first_answer(request_: Request) -> None:
    assert answer(request_) is None
    assert answer(request_, Answer(202, {"task_id": "two"})) == ANSWER


def test_a_secret_answer_is_repeated_and_stored_encrypted(request_: Request) -> None:
    secret = Answer(201, {"secret": "whsec_hush"}, "/webhooks/one", is_secret=True)
    assert answer(request_, secret) is None
    assert answer(request_) == secret
    with transaction() as session:
        assert "hush" not in str(session.execute(text("select * from idempotency_keys")).all())


def test_other_content_under_the_same_key_is_a_mismatch(request_: Request) -> None:
    answer(request_)
    with pytest.raises(Unprocessable):
        answer(replace(request_, fingerprint=idempotency.fingerprint({"a": 2})))


@pytest.mark.parametrize("other", [{"key": "another"}, {"endpoint": "POST /others"}])
def test_keys_are_told_apart_by_endpoint_and_name(request_: Request, other: dict[str, str]) -> None:
    answer(request_)
    assert answer(replace(request_, **{**other, "key": other.get("key", request_.key) + str(uuid4())})) is None


def test_callers_do_not_share_keys(request_: Request) -> None:
    answer(request_)
    with transaction() as session:
        other = workspaces.authenticate(session, workspaces.create_key(session, workspace="Neighbor"))
    assert answer(replace(request_, api_key_id=other.api_key_id)) is None


def test_a_request_that_failed_leaves_its_key_free(request_: Request) -> None:
    with suppress(ZeroDivisionError), transaction() as session:
        idempotency.claim(session, request_)
        raise ZeroDivisionError
    assert answer(request_) is None


def test_a_twin_in_flight_is_waited_for_and_replayed(request_: Request) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            assert idempotency.claim(session, request_) is None
            twin = pool.submit(answer, request_)
            _wait_for_lock_waiter(session)
            idempotency.keep(session, request_, ANSWER)
        assert twin.result(timeout=10) == ANSWER


def test_a_twin_whose_first_fails_does_the_work_itself(request_: Request) -> None:
    with ThreadPoolExecutor(1) as pool:
        with suppress(ZeroDivisionError), transaction() as session:
            idempotency.claim(session, request_)
            twin = pool.submit(answer, request_)
            _wait_for_lock_waiter(session)
            raise ZeroDivisionError
        assert twin.result(timeout=10) is None


def test_a_twin_that_takes_too_long_is_a_conflict_to_try_again(request_: Request, monkeypatch) -> None:
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.1)
    with transaction() as session:
        idempotency.claim(session, request_)
        with pytest.raises(Conflict) as caught:
            answer(request_)
    assert caught.value.retryable
    assert caught.value.retry_after


def test_many_twins_do_the_work_once(request_: Request) -> None:
    barrier = threading.Barrier(6)

    def twin(_: int) -> Answer | None:
        barrier.wait()
        return answer(request_)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(twin, range(6)), key=str) == [ANSWER] * 5 + [None]


def test_the_wait_for_a_twin_does_not_bound_later_waits(request_: Request) -> None:
    with transaction() as session:
        idempotency.claim(session, request_)
        assert session.scalar(text("show lock_timeout")) == "0"


def test_a_sweep_forgets_answers_after_a_day(request_: Request) -> None:
    old = replace(request_, key=f"old {uuid4()}")
    answer(old)
    answer(request_)
    with transaction() as session:
        session.execute(
            update(IdempotencyKey)
            .filter_by(key=old.key)
            .values(created_at=clock.now() - timedelta(hours=24, seconds=1))
        )
        idempotency.sweep(session)
    assert answer(old) is None
    assert answer(request_) == ANSWER


@given(st.dictionaries(st.text(), st.integers()))
def test_the_order_of_members_does_not_matter(content: dict[str, int]) -> None:
    assert idempotency.fingerprint(content) == idempotency.fingerprint(dict(reversed(content.items())))


def _wait_for_lock_waiter(session) -> None:
    while not session.scalar(
        text("select count(*) from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))")
    ):
        pass
