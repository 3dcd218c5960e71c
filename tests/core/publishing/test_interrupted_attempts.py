"""Interrupted attempts: one post or a stated failure, at whatever moment a run crashes, freezes or is canceled."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content_pipeline.core.errors import Conflict, Error
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account
from content_pipeline.core.platforms.oauth_provider import Tokens
from content_pipeline.core.publishing import attempts, publications
from content_pipeline.core.publishing.account_lock import AccountLock, hold_account_lock
from content_pipeline.core.tasks import leases, tasks
from tests.core.publishing import posting
from tests.core.publishing.faults import AMBIGUOUS, BEFORE, FAULTS, Fault
from tests.core.publishing.moments import AtMoment, crash, freeze, moments_of, terminate_lock_sessions
from tests.core.publishing.posting import Stage, code, newest, publication

pytestmark = pytest.mark.slow


def test_a_crash_at_any_moment_neither_loses_nor_doubles_a_post(stage: Stage) -> None:
    stage.platform.processing_seconds = {"commit": 10}
    account = stage.account()
    for number, name in enumerate(moments_of(stage)):
        key = stage.post(account)
        with posting.observe_moments(stage.platform, AtMoment(number, crash)):
            task = stage.run_to_end(key)
        assert (task.state, len(stage.platform.posted)) == ("done", 1), f"crash at {number}, {name}"
        stage.platform.posted.clear()


def test_a_run_whose_fence_is_lowered_at_any_moment_leaves_the_post_to_the_next(stage: Stage) -> None:
    account = stage.account()
    for number, name in enumerate(moments_of(stage)):
        key = stage.post(account)

        def fence_off(key: str = key) -> None:
            with transaction() as session:
                leases.stop_subject(session, tasks.subject(publications.KIND, key))

        with posting.observe_moments(stage.platform, AtMoment(number, fence_off)):
            task = stage.run_to_end(key)
        assert (task.state, len(stage.platform.posted)) == ("done", 1), f"fence down at {number}, {name}"
        stage.platform.posted.clear()


def test_a_run_that_freezes_at_any_moment_and_wakes_after_another_posts_nothing_more(stage: Stage) -> None:
    account = stage.account()
    names = moments_of(stage)
    for number, name in enumerate(names):
        if name == "before commit":
            continue  # the call is already in progress: only the platform can detect the duplicate (tests of each)
        key = stage.post(account)
        with posting.observe_moments(stage.platform, AtMoment(number, partial(freeze, stage, key))):
            stage.run(key)
        assert (newest(key).state, len(stage.platform.posted)) == ("done", 1), f"frozen at {number}, {name}"
        stage.platform.posted.clear()


def test_a_run_that_freezes_between_its_intention_and_the_call_does_not_make_it_when_it_wakes(stage: Stage) -> None:
    key = stage.post(stage.account())
    frozen: list[bool] = []

    def moment(_: str) -> None:
        if publication(key).committed_at and not frozen:
            frozen.append(True)
            freeze(stage, key)

    with posting.observe_moments(stage.platform, moment):
        stage.run(key)
    assert (newest(key).state, len(stage.platform.posted), frozen) == ("done", 1, [True])


def test_the_intention_is_stored_after_a_token_that_had_to_be_refreshed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = stage.post(stage.account())
    refresh, intended = stage.oauth.refresh, list[tuple[datetime | None, bool]]()

    def expire_token(moment: str) -> None:
        if moment == "after prepare":
            with transaction() as session:
                session.get_one(Account, publication(key).account_id).access_expires_at = now()

    def note_and_refresh(tokens: Tokens, **since: datetime) -> Tokens:
        intended.append((publication(key).committed_at, newest(key).irrevocable))
        return refresh(tokens, **since)

    monkeypatch.setattr(stage.oauth, "refresh", note_and_refresh)
    with posting.observe_moments(stage.platform, expire_token):
        assert stage.run_to_end(key).state == "done"
    assert (intended, len(stage.platform.posted)) == ([(None, False)], 1)


def test_a_run_that_was_replaced_while_it_waited_for_the_lock_does_not_reconcile(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.platform.faults = {"commit": [Fault(AMBIGUOUS)]}
    key = stage.post(stage.account())
    stage.run(key)
    assert publication(key).committed_at
    replaced: list[bool] = []

    @contextmanager
    def wait_long(account_id: UUID) -> Iterator[AccountLock]:
        if not replaced:
            replaced.append(True)
            freeze(stage, key)
        with hold_account_lock(account_id) as lock:
            yield lock

    monkeypatch.setattr(attempts, "hold_account_lock", wait_long)
    stage.advance(key)
    assert (newest(key).state, len(stage.platform.posted), replaced) == ("done", 1, [True])
    assert stage.platform.calls.count("reconcile") == 1


def test_a_run_that_loses_its_turn_before_the_call_leaves_that_to_a_later_one(stage: Stage) -> None:
    key = stage.post(stage.account())

    def lose_lock(_: str) -> None:
        if publication(key).committed_at:
            terminate_lock_sessions()

    with posting.observe_moments(stage.platform, lose_lock):
        stage.run(key)
    assert (newest(key).state, stage.platform.posted, publication(key).committed_at) == ("waiting", [], None)
    assert stage.run_to_end(key).state == "done"
    assert len(stage.platform.posted) == 1


def test_a_second_run_of_the_same_post_does_nothing_while_the_first_is_at_work(stage: Stage) -> None:
    account = stage.account()
    for number, name in enumerate(moments_of(stage)):
        key = stage.post(account)
        called: list[str] = []

        def run_again(key: str = key, called: list[str] = called) -> None:
            before = len(stage.platform.calls)
            assert stage.run(key, task=newest(key)) is None
            called.extend(stage.platform.calls[before:])

        with posting.observe_moments(stage.platform, AtMoment(number, run_again)):
            stage.run_to_end(key)
        assert (called, len(stage.platform.posted)) == ([], 1), f"second run at {number}, {name}"
        stage.platform.posted.clear()


def test_a_cancel_at_any_moment_either_keeps_the_post_in_or_is_refused(stage: Stage) -> None:
    stage.platform.processing_seconds = {"commit": 10}
    account = stage.account()
    outcomes = []
    for number, name in enumerate(moments_of(stage)):
        key = stage.post(account)
        refused: list[bool] = []

        def cancel(key: str = key, refused: list[bool] = refused) -> None:
            try:
                posting.cancel(key)
            except Conflict:
                refused.append(True)

        with posting.observe_moments(stage.platform, AtMoment(number, cancel)):
            task = stage.run_to_end(key)
        expected = ("done", 1) if refused else ("canceled", 0)
        assert (task.state, len(stage.platform.posted)) == expected, f"canceled at {number}, {name}"
        outcomes.append(bool(refused))
        stage.platform.posted.clear()
    assert outcomes == sorted(outcomes), "once it cannot be taken back, it never can"
    assert set(outcomes) == {True, False}


def test_a_canceled_post_that_is_retried_goes_out_once(stage: Stage) -> None:
    stage.platform.processing_seconds = {"prepare": 10}
    key = stage.post(stage.account())
    stage.run(key)
    posting.cancel(key)
    stage.run_to_end(key)
    posting.retry(key)
    assert stage.run_to_end(key).state == "done"
    assert len(stage.platform.posted) == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.fixed_dictionaries({step: st.lists(fault, max_size=3) for step, fault in FAULTS.items()}),
    processing_seconds=st.fixed_dictionaries(
        {step: st.sampled_from([0.0, 10.0, 8000.0]) for step in ("prepare", "commit")}
    ),
    retries=st.integers(0, 2),
)
def test_whatever_goes_wrong_a_post_is_out_once_or_says_why_not(
    workspace_id: UUID,
    tmp_path: Path,
    faults: dict[str, list[Fault | None]],
    processing_seconds: dict[str, float],
    retries: int,
) -> None:
    with posting.stage(workspace_id, tmp_path) as stage:
        stage.platform.faults, stage.platform.processing_seconds = faults, processing_seconds
        account = stage.account()
        key = stage.post(account)
        for _ in range(retries + 1):
            task, row = stage.run_to_end(key), publication(key)
            assert len(stage.platform.posted) <= 1
            assert task.state in ("done", "error")
            if task.state == "done":
                assert len(stage.platform.posted) == 1
                assert row.published_at
                return
            if row.committed_at is None:
                assert not stage.platform.posted
                assert code(task) in {error.code for error in BEFORE if isinstance(error, Error)} | {"platform_slow"}
            else:
                assert code(task) == "unconfirmed"
            posting.reconnect(account)
            posting.retry(key)
