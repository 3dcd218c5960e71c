"""The one way to the product's database: a pooled engine per process, and sessions on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from sqlalchemy import Engine, MetaData, create_engine
from sqlalchemy.exc import InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from content_pipeline.core.settings import settings

# What is raised while the database is away or has ended the session. Internal: it ends a session that idled in
# its transaction with an error of that class.
UNREACHABLE: Final = (OperationalError, InternalError, PoolTimeout)


class Base(DeclarativeBase):
    # Fixed names, so that alembic can name what it alters.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


@cache
def engine() -> Engine:
    """The engine of this process. Forked workers must call `forget()` first."""
    return _create_engine(pool_size=10, max_overflow=30, pool_pre_ping=True)


@cache
def _autocommit_engine() -> Engine:
    # Waiting for one of few connections is fine here: none is held for longer than a statement takes. They are not
    # pinged first, which took a quarter of a read: after a restart of the database one read is answered 503.
    return _create_engine(pool_size=10, max_overflow=0, isolation_level="AUTOCOMMIT")


def _create_engine(**options: Any) -> Engine:
    return create_engine(
        settings().database_url.get_secret_value(),
        # Errors end up in logs and on Dagster's pages; what people wrote and said does not belong there.
        hide_parameters=True,
        connect_args={
            "application_name": "content-pipeline",
            # A process frozen (SIGSTOP, a paused host) inside a transaction would hold its row locks for
            # ever, and with them the statement that buries it: the server ends such a session itself.
            "options": "-c idle_in_transaction_session_timeout=15s -c timezone=UTC",
            "connect_timeout": 5,
            # A server's host that is gone is noticed in 10 s, both while sending and while waiting for an answer.
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 4,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
        **options,
    )


def discard_engines() -> None:
    """Drop the engines inherited from a parent process, without closing the parent's connections."""
    for made in (engine, _autocommit_engine):
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

    For what is asked hundreds of times a second: reading a task takes 550 µs this way, and 730 µs between a
    BEGIN and a COMMIT (380 and 490 µs of this process's CPU).
    """
    with Session(_autocommit_engine(), expire_on_commit=False) as session:
        yield session
