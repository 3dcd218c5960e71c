"""Per-account PostgreSQL advisory lock: one commit at a time per account, across processes and hosts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from content_pipeline.core.errors import TooManyRequests
from content_pipeline.core.infrastructure.database import UNREACHABLE, lock_engine

# Longer than most commits take; a waiting run occupies a slot of its worker.
WAIT_SECONDS: Final = 30
# Longer than a commit waits for its response: up to 70 s, after a read of up to 20 s.
IDLE_SECONDS: Final = 120
_LOCK_NOT_AVAILABLE: Final = "55P03"
_LOCK: Final = text("select pg_advisory_lock(hashtextextended(:holder, 0))")
_ALIVE: Final = text("select 1")
_UNLOCK: Final = "select pg_advisory_unlock_all()"


class AccountLock:
    """A lock that was acquired, and the database session that holds it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure_held(self) -> None:
        """Restart the idle timeout. Raises TooManyRequests when the lock was lost and another run may hold it."""
        try:
            self._connection.execute(_ALIVE)
        except UNREACHABLE as error:
            raise _account_busy() from error


@contextmanager
def hold_account_lock(account_id: UUID) -> Iterator[AccountLock]:
    """Hold the account's lock during the block. Raises TooManyRequests after `WAIT_SECONDS` without it.

    It is a session-level lock: it is released when the block or the process ends, and when the process freezes or is
    cut off, by `idle_session_timeout`. A transaction would not do: the database ends those that idle for 15 s.
    """
    with lock_engine().connect() as connection:
        try:
            _acquire(connection, account_id)
            yield AccountLock(connection)
            _release(connection)
        except BaseException:
            connection.invalidate()  # ends the session, and with it the lock
            raise


def _acquire(connection: Connection, account_id: UUID) -> None:
    timeouts = f"set idle_session_timeout = '{IDLE_SECONDS}s'; set lock_timeout = '{WAIT_SECONDS}s'"
    connection.exec_driver_sql(f"{_UNLOCK}; {timeouts}")  # an interrupt may have left a lock in the session
    try:
        connection.execute(_LOCK, {"holder": f"account:{account_id}"})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise _account_busy() from error


def _release(connection: Connection) -> None:
    """Release the lock, so that the pool keeps the session: a new one for each post took 3 ms of CPU."""
    if connection.invalidated:
        return  # the session has ended, and with it the lock
    try:
        connection.exec_driver_sql(_UNLOCK)
    except UNREACHABLE:
        connection.invalidate()


def _account_busy() -> TooManyRequests:
    return TooManyRequests(
        "Other posts of this account are being published.",
        code="account_busy",
        remedy="Nothing to do: it is retried automatically.",
        retry_after=5.0,
    )
