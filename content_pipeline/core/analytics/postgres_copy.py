"""Streams the rows of a query out of PostgreSQL as CSV, by COPY."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import SelectBase
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.database import driver_cursor


@contextmanager
def copied(session: Session, rows: SelectBase, options: str) -> Iterator[Iterator[bytes]]:
    """The rows of a query in COPY's format with these options, while the block runs.

    They arrive one by one, a header first if the options ask for it, and no more than one is held in memory. A block
    that is left early cancels the query.
    """
    query = rows.compile(dialect=session.get_bind().dialect, compile_kwargs={"render_postcompile": True})
    with driver_cursor(session) as opened, opened.copy(f"copy ({query}) to stdout ({options})", query.params) as copy:
        yield iter(copy)
