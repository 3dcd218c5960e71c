"""Per-account PostgreSQL advisory lock: one commit at a time per account, across processes and hosts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from content_pipeline.core.database import UNREACHABLE, engine
from content_pipeline.core.errors import TooManyRequests

# Longer than most commits take; a waiting run occupies a slot of its worker.
WAIT_SECONDS: Final = 30
# Longer than a commit waits for its response: up to 70 s, after a read of up to 20 s.
IDLE_SECONDS: Final = 120
_LOCK_NOT_AVAILABLE: Final = "55P03"
_LOCK: Final = text("select pg_advisory_lock(hashtextextended(:holder, 0))")
_ALIVE: Final = text("select 1")
_RELEASE: Final = "select pg_advisory_unlock_all(); reset idle_session_timeout; reset lock_timeout"


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

    It is a session-level lock, on a connection that is used for nothing else meanwhile: it is released when the block
    or the process ends, and when the process freezes or is cut off, by `idle_session_timeout`. A transaction would not
    do: the database ends those that idle for 15 s.
    """
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            _acquire(connection, account_id)
            yield AccountLock(connection)
            _release(connection)
        except BaseException:
            connection.invalidate()  # ends the session; an interrupt may have kept it from releasing the lock
            raise


def _acquire(connection: Connection, account_id: UUID) -> None:
    connection.exec_driver_sql(f"set idle_session_timeout = '{IDLE_SECONDS}s'; set lock_timeout = '{WAIT_SECONDS}s'")
    try:
        connection.execute(_LOCK, {"holder": f"account:{account_id}"})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise _account_busy() from error


def _release(connection: Connection) -> None:
    """Return the connection to the pool as it was: a new one for each post took 3 ms of CPU."""
    if connection.invalidated:
        return  # the session has ended, and with it the lock
    try:
        connection.exec_driver_sql(_RELEASE)
    except UNREACHABLE:
        connection.invalidate()


def _account_busy() -> TooManyRequests:
    return TooManyRequests(
        "Other posts of this account are being published.",
        code="account_busy",
        remedy="Nothing to do: it is retried automatically.",
        retry_after=5.0,
    )
