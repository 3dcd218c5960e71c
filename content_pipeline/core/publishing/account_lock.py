"""One at a time, across processes and hosts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from content_pipeline.core.database import UNREACHABLE, engine
from content_pipeline.core.errors import TooManyRequests

# Longer than most commits take; whoever waits holds a slot of its worker.
WAIT_SECONDS: Final = 30
# Longer than a commit waits for its answer: up to 70 s, after a read of up to 20 s.
IDLE_SECONDS: Final = 120
_LOCK_NOT_AVAILABLE: Final = "55P03"
_LOCK: Final = text("select pg_advisory_lock(hashtextextended(:holder, 0))")
_ALIVE: Final = text("select 1")


class AccountLock:
    """A turn that has come, with the session that it is kept by."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure_held(self) -> None:
        """Raises TooManyRequests when it was lost since, and another may have it; else it has its full time again."""
        try:
            self._connection.execute(_ALIVE)
        except UNREACHABLE as error:
            raise _busy() from error


@contextmanager
def hold_account_lock(account_id: UUID) -> Iterator[AccountLock]:
    """Wait for the account's turn, and keep it during the block. Raises TooManyRequests when it does not come.

    The lock is a session's of the database, of one for it alone: it ends with the block however that ends, with the
    process, and with one that is frozen or cut off, whose session the database ends after idling. No transaction is
    open meanwhile: those are ended after 15 s.
    """
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # out of the pool, so that its end is the session's end
        connection.execute(text(f"set idle_session_timeout = '{IDLE_SECONDS}s'"))
        connection.execute(text(f"set lock_timeout = '{WAIT_SECONDS}s'"))
        try:
            connection.execute(_LOCK, {"holder": f"account:{account_id}"})
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            raise _busy() from error
        yield AccountLock(connection)


def _busy() -> TooManyRequests:
    return TooManyRequests(
        "Other posts of this account are on their way.",
        code="account_busy",
        remedy="Nothing to do: it is tried again.",
        retry_after=5.0,
    )
