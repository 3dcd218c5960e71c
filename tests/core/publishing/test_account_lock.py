"""Account lock: one commit at a time per account, released when its holder dies or freezes."""

import subprocess
import sys
import textwrap
import threading
from contextlib import ExitStack
from uuid import uuid4

import pytest
from sqlalchemy import event, text

from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.infrastructure.database import engine, lock_engine, transaction
from content_pipeline.core.publishing import account_lock
from content_pipeline.core.publishing.account_lock import hold_account_lock
from tests.polling import until

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_lock, "WAIT_SECONDS", 0.1)


def count_locks() -> int:
    with transaction() as session:
        return session.scalar(text("select count(*) from pg_locks where locktype = 'advisory' and granted")) or 0


def test_a_second_holder_waits_for_the_first() -> None:
    account, order = uuid4(), []

    def second() -> None:
        with hold_account_lock(account):
            order.append("second")

    waiting = threading.Thread(target=second)
    with hold_account_lock(account):
        waiting.start()
        until(_is_lock_awaited, seconds=30, what="the second holder")
        order.append("first")
    waiting.join(30)
    assert order == ["first", "second"]


def _is_lock_awaited() -> bool:
    with transaction() as session:
        return bool(session.scalar(text("select count(*) from pg_locks where locktype = 'advisory' and not granted")))


def test_waiting_too_long_is_retryable(short_wait: None) -> None:
    account = uuid4()
    with hold_account_lock(account), pytest.raises(TooManyRequests) as caught, hold_account_lock(account):
        raise AssertionError("two at once")
    assert caught.value.code == "account_busy"
    assert caught.value.retry_after
    with hold_account_lock(account):  # and then has it
        pass


def test_two_accounts_can_be_locked_at_once(short_wait: None) -> None:
    with hold_account_lock(uuid4()), hold_account_lock(uuid4()):
        assert count_locks() == 2


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_the_lock_is_released_however_the_block_ends(error: type[BaseException]) -> None:
    account = uuid4()
    with pytest.raises(error), hold_account_lock(account):
        raise error
    until(lambda: count_locks() == 0, seconds=10, what="the end of the session")
    with hold_account_lock(account):
        assert count_locks() == 1


def test_locks_one_after_the_other_share_a_session() -> None:
    sessions = set()
    for _ in range(10):  # psycopg prepares what a session has executed more than five times
        with hold_account_lock(uuid4()):
            sessions.add(_lock_holder())
        assert count_locks() == 0
    assert len(sessions) == 1
    with engine().connect() as connection:  # and nothing else uses it
        assert connection.scalar(text("select pg_backend_pid()")) not in sessions


def _lock_holder() -> int | None:
    with transaction() as session:
        return session.scalar(text("select pid from pg_locks where locktype = 'advisory' and granted"))


def test_locks_at_once_have_a_session_each() -> None:
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(hold_account_lock(uuid4()))
        assert count_locks() == 3
    assert count_locks() == 0


def test_a_session_that_ended_while_it_was_idle_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "content_pipeline.core.infrastructure.database.CHECK_AFTER_IDLE_SECONDS", 0.0
    )  # as after a pause
    with hold_account_lock(uuid4()):
        terminated = _lock_holder()
    with transaction() as session:
        session.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": terminated})
    with hold_account_lock(uuid4()):
        assert count_locks() == 1


def test_the_session_of_a_lock_whose_release_is_interrupted_is_closed() -> None:
    def interrupt(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement == "select pg_advisory_unlock_all()":
            raise KeyboardInterrupt

    event.listen(lock_engine(), "before_cursor_execute", interrupt)
    try:
        with pytest.raises(KeyboardInterrupt), hold_account_lock(uuid4()):
            pass
    finally:
        event.remove(lock_engine(), "before_cursor_execute", interrupt)
    until(lambda: count_locks() == 0, seconds=10, what="the end of the session")


def test_a_lock_that_was_left_in_its_session_ends_with_the_next_one_of_the_process() -> None:
    left, account = uuid4(), uuid4()
    with lock_engine().connect() as connection:
        connection.execute(text("select pg_advisory_lock(hashtextextended(:holder, 0))"), {"holder": f"account:{left}"})
    assert count_locks() == 1
    with hold_account_lock(account):
        assert count_locks() == 1
    assert count_locks() == 0


@pytest.mark.slow
def test_the_lock_is_released_when_its_process_dies(short_wait: None) -> None:
    account = uuid4()
    holder = textwrap.dedent(f"""
        from uuid import UUID
        from content_pipeline.core.publishing.account_lock import hold_account_lock
        with hold_account_lock(UUID("{account}")):
            print("held", flush=True)
            input()
    """)
    with subprocess.Popen([sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(TooManyRequests), hold_account_lock(account):
            pass
        process.kill()
    until(lambda: count_locks() == 0, seconds=10, what="the end of the session")
    with hold_account_lock(account):
        pass


@pytest.mark.slow
def test_a_frozen_process_loses_the_lock(short_wait: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_lock, "IDLE_SECONDS", 0.3)
    account = uuid4()
    with hold_account_lock(account):  # this one does nothing more with its session, like a frozen one
        until(lambda: count_locks() == 0, seconds=10, what="the end of the idle session")
        with hold_account_lock(account):
            pass


@pytest.mark.slow
def test_ensure_held_raises_when_the_lock_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_lock, "IDLE_SECONDS", 0.3)
    with hold_account_lock(uuid4()) as lock:
        until(lambda: count_locks() == 0, seconds=10, what="the end of the idle session")
        with pytest.raises(TooManyRequests) as caught:
            lock.ensure_held()
    assert caught.value.code == "account_busy"
    assert caught.value.retry_after
