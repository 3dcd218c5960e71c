"""SQLAlchemy engine and sessions: one connection pool per process."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.exc import DisconnectionError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from content_pipeline.core.settings import settings

# Raised while the database is unreachable or has ended the session. InternalError: PostgreSQL uses that class when it
# ends a session that was idle in its transaction.
UNREACHABLE: Final = (OperationalError, InternalError, PoolTimeout)

# A pooled connection is checked before its use when it was idle for so long: a server that restarts is away for longer.
# A publication takes connections from its pools 110 times; to check each took a tenth of its worker's CPU.
CHECK_AFTER_IDLE_SECONDS: Final = 1.0
_USED_AT: Final = "used_at"
# Parsed in 1 ms.
_LONG_JSON_BYTES: Final = 100_000

_CONNECT_ARGUMENTS: Final = {
    "application_name": "content-pipeline",
    # A process frozen (SIGSTOP, a paused host) inside a transaction would hold its row locks forever and
    # block the statement that marks it dead; so the server ends such a session.
    "options": "-c idle_in_transaction_session_timeout=15s -c timezone=UTC",
    "connect_timeout": 5,
    # A dead server host is detected within 10 s, both while sending and while waiting for a response.
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


class Base(DeclarativeBase):
    # Deterministic constraint names, so that Alembic can alter them.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# Two first requests at once would each make an engine: the cache keeps one, and the other's connection stays open until
# it is collected. Reentrant, because handlers of signals use the database too: that of a worker's shutdown runs in the
# thread that it interrupts.
_creating: Final = threading.RLock()


def engine() -> Engine:
    """The engine of this process. Forked workers must call `discard_engines` first."""
    with _creating:
        return _engine()


def autocommit_engine() -> Engine:
    """The engine of this process whose connections commit each statement."""
    with _creating:
        return _autocommit_engine()


def lock_engine() -> Engine:
    """The engine of this process whose sessions hold advisory locks, and do nothing else; each statement is committed.

    A session that a lock was left in, as by an interrupt, is so used by nobody until the next lock or its timeout.
    """
    with _creating:
        return _lock_engine()


@cache
def _engine() -> Engine:
    made = _create_engine(pool_size=10, max_overflow=30)
    check_idle_connections(made)
    return made


@cache
def _autocommit_engine() -> Engine:
    # A small pool is enough: no connection is held for longer than a statement takes. No pre-ping, which is a quarter
    # of the cost of a read (bench/polling.py); the price is one 503 after a restart of the database.
    return _create_engine(pool_size=10, max_overflow=0, isolation_level="AUTOCOMMIT")


@cache
def _lock_engine() -> Engine:
    made = _create_engine(pool_size=1, max_overflow=30, isolation_level="AUTOCOMMIT")
    check_idle_connections(made)
    return made


def _create_engine(**options: Any) -> Engine:
    return create_engine(
        settings().database_url.get_secret_value(),
        # Errors are shown in logs and in Dagster's UI, where users' texts do not belong.
        hide_parameters=True,
        connect_args=_CONNECT_ARGUMENTS,
        json_deserializer=_parse_json,
        json_serializer=_write_json,
        **options,
    )


_ENGINES: Final = (_engine, _autocommit_engine, _lock_engine)


def _parse_json(stored: str | bytes) -> Any:
    """The parser gives up the interpreter where it calls a function of Python, which takes half as long again: 10 MB of
    captions are 0.2 s, in which the API answered nobody."""
    return json.loads(stored, object_pairs_hook=_to_object if len(stored) > _LONG_JSON_BYTES else None)


def _write_json(value: Any) -> str:
    """A list is written entry by entry, for the same reason."""
    return f"[{', '.join(map(json.dumps, value))}]" if isinstance(value, list) else json.dumps(value)


def _to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(pairs)


def check_idle_connections(engine: Engine) -> None:
    """Check the pooled connections of an engine before their use when they were idle, and replace those that are lost.

    Without it each process fails its next statement after a restart of the database.
    """
    dialect = engine.dialect

    def note(_: Any, record: Any) -> None:
        record.info[_USED_AT] = time.monotonic()

    def check(connection: Any, record: Any, _: Any) -> None:
        used_at = record.info.get(_USED_AT)  # None: new
        if used_at is None or time.monotonic() - used_at < CHECK_AFTER_IDLE_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", check)


def connect_arguments() -> dict[str, Any]:
    """Keyword arguments of psycopg's `connect`, for a connection outside of the pools."""
    _, address = engine().dialect.create_connect_args(engine().url)
    return {**address, **_CONNECT_ARGUMENTS}


def dispose_engines() -> None:
    """Close this process's connections that are not in use."""
    for made in _ENGINES:
        if made.cache_info().currsize:
            made().dispose()


def discard_engines() -> None:
    """Drop the engines inherited from a parent process, without closing the parent's connections."""
    for made in _ENGINES:
        if made.cache_info().currsize:
            made().dispose(close=False)
        made.cache_clear()


@contextmanager
def transaction() -> Iterator[Session]:
    """A session that commits when the block ends and rolls back when it raises."""
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def autocommit() -> Iterator[Session]:
    """A session for single statements, each committed by itself.

    For queries that run hundreds of times a second: reading a task as a row takes 550 µs this way, and 730 µs with
    BEGIN and COMMIT (380 and 490 µs of this process's CPU; bench/polling.py measures the whole request).
    """
    with Session(autocommit_engine(), expire_on_commit=False) as session:
        yield session


def driver_cursor(session: Session) -> Any:
    """A cursor of psycopg in the session's transaction."""
    connection: Any = session.connection().connection.driver_connection
    return connection.cursor()
