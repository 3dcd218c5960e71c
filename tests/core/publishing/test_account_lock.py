"""One commit at a time for an account, and nobody waits for the dead."""

import subprocess
import sys
import textwrap
import threading
from contextlib import ExitStack
from uuid import uuid4

import pytest
from sqlalchemy import text

from content_pipeline.core.database import engine, transaction
from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.publishing import account_lock
from content_pipeline.core.publishing.account_lock import hold_account_lock
from tests.stack.harness import until

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_lock, "WAIT_SECONDS", 0.1)


def locks() -> int:
    with transaction() as session:
        return session.scalar(text("select count(*) from pg_locks where locktype = 'advisory' and granted")) or 0


def test_a_second_turn_of_an_account_comes_after_the_first() -> None:
    account, order = uuid4(), []

    def second() -> None:
        with hold_account_lock(account):
            order.append("second")

    waiting = threading.Thread(target=second)
    with hold_account_lock(account):
        waiting.start()
        until(_somebody_waits, seconds=30, what="the second turn")
        order.append("first")
    waiting.join(30)
    assert order == ["first", "second"]


def _somebody_waits() -> bool:
    with transaction() as session:
        return bool(session.scalar(text("select count(*) from pg_locks where locktype = 'advisory' and not granted")))


def test_whoever_waits_too_long_comes_again_later(impatient: None) -> None:
    account = uuid4()
    with hold_account_lock(account), pytest.raises(TooManyRequests) as caught, hold_account_lock(account):
        raise AssertionError("two at once")
    assert caught.value.code == "account_busy"
    assert caught.value.retry_after
    with hold_account_lock(account):  # and then has it
        pass


def test_two_accounts_have_their_turns_at_once(impatient: None) -> None:
    with hold_account_lock(uuid4()), hold_account_lock(uuid4()):
        assert locks() == 2


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_turn_ends_with_its_block_however_that_ends(error: type[BaseException]) -> None:
    account = uuid4()
    with pytest.raises(error), hold_account_lock(account):
        raise error
    until(lambda: locks() == 0, seconds=10, what="the end of the session")
    with hold_account_lock(account):
        assert locks() == 1


def test_a_lock_never_goes_back_to_the_pool() -> None:
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(hold_account_lock(uuid4()))
        assert locks() == 3
    until(lambda: locks() == 0, seconds=10, what="the end of the sessions")
    with engine().connect() as connection:
        assert connection.scalar(text("show lock_timeout")) == "0"
        assert connection.scalar(text("show idle_session_timeout")) == "0"


def test_a_turn_ends_with_its_process(impatient: None) -> None:
    account = uuid4()
    holder = textwrap.dedent(f"""
        from uuid import UUID
        from content_pipeline.core.publishing.account_lock import hold_account_lock
        with hold_account_lock(UUID("{account}")):
            print("mine", flush=True)
            input()
    """)
    with subprocess.Popen([sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"mine\n"
        with pytest.raises(TooManyRequests), hold_account_lock(account):
            pass
        process.kill()
    until(lambda: locks() == 0, seconds=10, what="the end of the session")
    with hold_account_lock(account):
        pass


def test_a_process_that_is_frozen_loses_its_turn(impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_lock, "IDLE_SECONDS", 0.3)
    account = uuid4()
    with hold_account_lock(account):  # this one does nothing more with its session, like a frozen one
        until(lambda: locks() == 0, seconds=10, what="the end of the idle session")
        with hold_account_lock(account):
            pass


def test_whoever_lost_their_turn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_lock, "IDLE_SECONDS", 0.3)
    with hold_account_lock(uuid4()) as lock:
        until(lambda: locks() == 0, seconds=10, what="the end of the idle session")
        with pytest.raises(TooManyRequests) as caught:
            lock.ensure_held()
    assert caught.value.code == "account_busy"
    assert caught.value.retry_after
