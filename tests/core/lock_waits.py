"""Transactions that wait for each other."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from content_pipeline.core.database import transaction
from tests.stack.harness import until


@contextmanager
def held_up(ask: Callable[[Session], Any], *, by: Callable[[Session], Any]) -> Iterator[Future[Any]]:
    """`by` is done, and committed only once `ask`, in another transaction, waits for it. Gives the answer to `ask`."""
    with ThreadPoolExecutor(1) as other:
        with transaction() as session:
            by(session)
            answer = other.submit(_in_transaction, ask)
            until(_somebody_waits, seconds=30, what="a transaction that waits")
        yield answer


def _in_transaction(ask: Callable[[Session], Any]) -> Any:
    with transaction() as session:
        return ask(session)


def _somebody_waits() -> bool:
    with transaction() as session:
        return bool(session.scalar(text("select exists (select from pg_locks where not granted)")))
