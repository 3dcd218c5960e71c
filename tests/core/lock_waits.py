"""Runs two transactions of which the second waits for a lock of the first."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.database import transaction
from tests.polling import until


@contextmanager
def blocked_by_lock(blocked: Callable[[Session], Any], *, by: Callable[[Session], Any]) -> Iterator[Future[Any]]:
    """Run `by`, and commit it only once `blocked` waits for its lock in another transaction. Yields the future of
    `blocked`."""
    with ThreadPoolExecutor(1) as other:
        with transaction() as session:
            by(session)
            result = other.submit(_in_transaction, blocked)
            until(is_lock_awaited, seconds=30, what="a transaction that waits")
        yield result


def _in_transaction(blocked: Callable[[Session], Any]) -> Any:
    with transaction() as session:
        return blocked(session)


def is_lock_awaited() -> bool:
    """Whether a transaction waits for a lock."""
    with transaction() as session:
        return bool(session.scalar(text("select exists (select from pg_locks where not granted)")))
