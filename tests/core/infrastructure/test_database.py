"""The database's engines: one of each kind per process."""

import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any, Final

import pytest
from sqlalchemy import Engine, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB

from content_pipeline.core.infrastructure import database
from tests.python_calls import calls_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.slow
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


_LONG: Final = text(
    "select jsonb_agg(jsonb_build_object('start', number)) as entries from generate_series(1, 9000) as number"
)


def test_others_have_the_interpreter_between_two_entries_of_long_json_that_is_read() -> None:
    """10 MB were parsed in one call of 0.1 s, in which the API answered nobody."""
    with database.transaction() as session:
        query = _LONG.columns(entries=JSONB)
        assert calls_of(lambda: session.scalars(query).one()) >= 9_000
        assert session.scalars(query).one()[-1] == {"start": 9_000}


def test_others_have_the_interpreter_between_two_entries_of_long_json_that_is_stored() -> None:
    entries = [{"start": number} for number in range(9_000)]
    with database.transaction() as session:
        query = select(func.jsonb_array_length(literal(entries, JSONB)))
        assert calls_of(lambda: session.scalars(query).one()) >= 9_000
        assert session.scalars(query).one() == 9_000
