"""Leases of runs: one row per running run with its heartbeat, its claim on a subject and its fencing flag.

A run **begins** once, **claims** its subject (the row it works on) by a unique index, sends a **heartbeat** every
second and checks its `stop` flag in every write. Setting `stop` fences the run off: it can write nothing more, even
if its process is frozen and wakes later. Times are the database's, never the business clock's.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum
from typing import Final

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import Execution

HEARTBEAT_SECONDS: Final = 1.0
# A worker that cannot reach the database for this long ends its run, well before the run is declared dead.
UNREACHABLE_SECONDS: Final = 10.0
DEAD_SECONDS: Final = 15.0
# A process is killed when its run goes on for this long after its maximum runtime.
OVERDUE_SECONDS: Final = 60.0

# Real time: the clock of the database, which all workers share.
_NOW: Final = func.clock_timestamp()
_DEAD: Final = Execution.beat_at < _NOW - timedelta(seconds=DEAD_SECONDS)


class Begin(Enum):
    BEGUN = "begun"
    CANCELED = "canceled"
    DUPLICATE = "duplicate"


class Stopped(Exception):
    """The run is fenced off: it was canceled, requeued or declared dead. It may write nothing more."""


def begin(run_id: str, worker: str) -> Begin:
    """Record that `worker` begins the run; a duplicate message, or one after a cancel, does not begin it."""
    with transaction() as session:
        row = insert(Execution).values(run_id=run_id, worker=worker, beat_at=_NOW, stop=False)
        if session.execute(row.on_conflict_do_nothing().returning(Execution.run_id)).first():
            return Begin.BEGUN
        existing = session.get(Execution, run_id)
        return Begin.CANCELED if existing and existing.stop and existing.worker is None else Begin.DUPLICATE


def claim(run_id: str, subject: str) -> bool:
    """Claim `subject` for this run. False when another live run holds it. Raises Stopped."""
    stop_dead_owner = update(Execution).where(Execution.subject == subject, ~Execution.stop, _DEAD).values(stop=True)
    own = update(Execution).where(Execution.run_id == run_id, ~Execution.stop).values(subject=subject)
    try:
        with transaction() as session:
            session.execute(stop_dead_owner)
            claimed = session.execute(own.returning(Execution.run_id)).first()
    except IntegrityError:
        return False
    if not claimed:
        raise Stopped(run_id)
    return True


@contextmanager
def fenced(run_id: str) -> Iterator[Session]:
    """A transaction that only a live run can commit. Raises Stopped.

    The shared lock on the run's row orders the two: a stop waits for this commit, or this transaction sees the stop.
    A frozen process loses the lock when the database ends its session (database.py).
    """
    alive = select(Execution.run_id).where(Execution.run_id == run_id, ~Execution.stop).with_for_update(read=True)
    with transaction() as session:
        if not session.execute(alive).first():
            raise Stopped(run_id)
        yield session


def release(session: Session, run_id: str) -> None:
    """Release the run's subject, so that the next run can claim it before this one has ended."""
    session.execute(update(Execution).where(Execution.run_id == run_id).values(subject=None))


def stop(session: Session, run_id: str) -> bool:
    """Fence a run off, begun or not. Returns whether a worker had begun it."""
    row = insert(Execution).values(run_id=run_id, beat_at=_NOW, stop=True)
    stopped = row.on_conflict_do_update(index_elements=[Execution.run_id], set_={"stop": True})
    return session.execute(stopped.returning(Execution.worker)).scalar_one() is not None


def stop_subject(session: Session, subject: str) -> None:
    """Fence off the run that holds `subject`, if there is one."""
    session.execute(update(Execution).where(Execution.subject == subject, ~Execution.stop).values(stop=True))


def stop_begun(session: Session, run_id: str) -> tuple[str | None] | None:
    """Fence off a run that a worker has begun. Returns the subject that it had claimed; None for one that is fenced off
    already."""
    stopped = update(Execution).where(Execution.run_id == run_id, ~Execution.stop).values(stop=True)
    found = session.execute(stopped.returning(Execution.subject)).first()
    return (found.subject,) if found else None


def stop_worker(session: Session, worker: str) -> list[str]:
    """Fence off all runs of `worker`. Returns the subjects that they had claimed."""
    stopped = update(Execution).where(Execution.worker == worker, ~Execution.stop).values(stop=True)
    return [subject for subject in session.scalars(stopped.returning(Execution.subject)) if subject]


def mark_if_dead(run_id: str) -> bool:
    """Fence a begun run off if its heartbeat has expired. Returns whether it is dead.

    A run without a row is dead too: its worker ended it but could not report that to Dagster.
    """
    with transaction() as session:
        return bool(mark_dead(session, [run_id])) or not begun_runs(session, [run_id])


def mark_dead(session: Session, run_ids: Collection[str]) -> set[str]:
    """Fence off those of these runs whose heartbeat has expired, and return them."""
    marked = update(Execution).where(Execution.run_id.in_(run_ids), _DEAD).values(stop=True)
    return set(session.scalars(marked.returning(Execution.run_id)))


def end(run_id: str) -> None:
    """Delete the row of a run that has ended in its worker."""
    with transaction() as session:
        session.execute(delete(Execution).where(Execution.run_id == run_id))


def sweep(session: Session) -> None:
    """Delete rows without a heartbeat for a day; until then they keep late messages from beginning their run."""
    session.execute(delete(Execution).where(Execution.beat_at < _NOW - timedelta(days=1)))


def begun_runs(session: Session, run_ids: list[str]) -> set[str]:
    """Those of these runs that a worker has begun or that were stopped."""
    return set(session.scalars(select(Execution.run_id).where(Execution.run_id.in_(run_ids))))


def live_runs(session: Session, run_ids: list[str]) -> set[str]:
    """Those of these runs that are not stopped."""
    return set(session.scalars(select(Execution.run_id).where(Execution.run_id.in_(run_ids), ~Execution.stop)))


def claimed_subjects(session: Session) -> set[str]:
    """The subjects that live runs hold."""
    return set(
        session.scalars(select(Execution.subject).where(Execution.subject.is_not(None), ~Execution.stop, ~_DEAD))
    )


def live_by_worker(session: Session) -> dict[str, int]:
    """How many runs each worker has at work."""
    query = select(Execution.worker, func.count()).where(Execution.worker.is_not(None), ~Execution.stop, ~_DEAD)
    return {worker: runs for worker, runs in session.execute(query.group_by(Execution.worker)) if worker}


def _beat(run_id: str) -> bool:
    """Send one heartbeat. False when the run is fenced off."""
    statement = update(Execution).where(Execution.run_id == run_id, ~Execution.stop).values(beat_at=_NOW)
    with transaction() as session:
        session.execute(
            text("set local synchronous_commit = off")
        )  # losing a heartbeat is harmless; an fsync is not free
        return bool(session.execute(statement.returning(Execution.run_id)).first())


class Heartbeat(threading.Thread):
    """Thread that sends a run's heartbeats during the block, and interrupts the main thread once it is fenced off.

    The interrupt is repeated at every heartbeat: one that arrives before the run has installed its signal handlers
    is lost. After `max_seconds` each heartbeat calls `on_overdue`, which is to fence the run off; a process that does
    not end within another minute, because it is in a call that nothing interrupts, is killed.
    """

    def __init__(self, run_id: str, *, max_seconds: float, on_overdue: Callable[[], None]) -> None:
        super().__init__(name=f"heartbeat-{run_id[:8]}", daemon=True)
        self._run_id = run_id
        self._max_seconds = max_seconds
        self._on_overdue = on_overdue
        self._ended = threading.Event()

    def __enter__(self) -> "Heartbeat":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        began = last_success = time.monotonic()
        while not self._ended.wait(HEARTBEAT_SECONDS):
            overdue = time.monotonic() - began - self._max_seconds
            try:
                if overdue > 0:
                    with isolated("overdue_runs", self._run_id):
                        self._on_overdue()
                alive = _beat(self._run_id)
                last_success = time.monotonic()
            except SQLAlchemyError:  # any of them: without this thread the run would go on unfenced
                alive = time.monotonic() - last_success < UNREACHABLE_SECONDS
            if overdue > OVERDUE_SECONDS:
                os.kill(os.getpid(), signal.SIGKILL)
            if not alive:
                self._interrupt()

    def _interrupt(self) -> None:
        if not self._ended.is_set():
            os.kill(os.getpid(), signal.SIGINT)
