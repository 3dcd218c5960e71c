"""The database's engines: one of each kind per process."""

import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlalchemy import Engine

from content_pipeline.core import database

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("engine", [database.engine, database.autocommit_engine])
def test_threads_that_are_first_at_once_share_an_engine(monkeypatch: pytest.MonkeyPatch, engine: Any) -> None:
    """Each had its own, and the connection of the one that was not kept stayed open."""
    create, both_create = database.create_engine, Barrier(2)
    made: list[Engine] = []

    def create_beside_another(*arguments: Any, **options: Any) -> Engine:
        made.append(create(*arguments, **options))
        with suppress(BrokenBarrierError):
            both_create.wait(0.2)
        return made[-1]

    database.dispose_engines()
    database.discard_engines()
    monkeypatch.setattr(database, "create_engine", create_beside_another)
    try:
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda _: engine(), range(2)))
        assert (found, len(made)) == ([made[0]] * 2, 1)
    finally:
        database.discard_engines()


def test_a_signals_handler_uses_the_database_while_its_engine_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of a worker's shutdown requeues its runs, in the thread that it interrupts."""
    create = database.create_engine

    def create_while_interrupted(*arguments: Any, **options: Any) -> Engine:
        monkeypatch.setattr(database, "create_engine", create)
        signal.raise_signal(signal.SIGUSR1)
        return create(*arguments, **options)

    database.dispose_engines()
    database.discard_engines()
    monkeypatch.setattr(database, "create_engine", create_while_interrupted)
    before = signal.signal(signal.SIGUSR1, lambda *_: handled.append(database.engine()))
    handled: list[Engine] = []
    try:
        database.engine()
        assert len(handled) == 1
    finally:
        signal.signal(signal.SIGUSR1, before)
        database.discard_engines()
