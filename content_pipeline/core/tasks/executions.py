"""Which Dagster run works on what, right now: heartbeat, fence and claim in one row per run.

A run **begins** once, **claims** its subject (the row it works on) by a unique index, **beats** every
second and carries its fence in every write; whoever sets `stop` on its row has ended it, however long the
process behind it stays frozen. The clock here is the database's own, never the business clock.
"""

import os
import signal
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum
from typing import Final

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from content_pipeline.core.database import transaction
from content_pipeline.core.models import Execution

BEAT_SECONDS: Final = 1.0
# A worker that cannot reach the database for this long gives up by itself, well before it is declared dead.
ALONE_SECONDS: Final = 10.0
DEAD_SECONDS: Final = 15.0

# Real time, from the database that all workers share.
_NOW: Final = func.clock_timestamp()
_DEAD: Final = Execution.beat_at < _NOW - timedelta(seconds=DEAD_SECONDS)


class Begin(Enum):
    BEGUN = "begun"
    CANCELED = "canceled"
    DUPLICATE = "duplicate"


class Stopped(Exception):
    """The run's fence is down: it was canceled, handed back, or declared dead. It may write nothing more."""


def begin(run_id: str, worker: str) -> Begin:
    """Enter the run as begun by `worker`; a second message for it, or one after its cancel, does not begin."""
    with transaction() as session:
        row = insert(Execution).values(run_id=run_id, worker=worker, beat_at=_NOW, stop=False)
        if session.execute(row.on_conflict_do_nothing().returning(Execution.run_id)).first():
            return Begin.BEGUN
        there = session.get(Execution, run_id)
        return Begin.CANCELED if there and there.stop and there.worker is None else Begin.DUPLICATE


def claim(run_id: str, subject: str) -> bool:
    """Make `subject` this run's own. False: another live run has it. Raises Stopped."""
    bury_owner = update(Execution).where(Execution.subject == subject, ~Execution.stop, _DEAD).values(stop=True)
    own = update(Execution).where(Execution.run_id == run_id, ~Execution.stop).values(subject=subject)
    try:
        with transaction() as session:
            session.execute(bury_owner)
            claimed = session.execute(own.returning(Execution.run_id)).first()
    except IntegrityError:
        return False
    if not claimed:
        raise Stopped(run_id)
    return True


@contextmanager
def fenced(run_id: str) -> Iterator[Session]:
    """A transaction that only a live run can commit. Raises Stopped.

    The shared lock on the run's own row makes whoever wants to stop it wait for this commit, or this
    transaction see the stop. A frozen holder loses the lock with its session (database.py).
    """
    alive = select(Execution.run_id).where(Execution.run_id == run_id, ~Execution.stop).with_for_update(read=True)
    with transaction() as session:
        if not session.execute(alive).first():
            raise Stopped(run_id)
        yield session


def release(session: Session, run_id: str) -> None:
    """Give the run's subject up, so that the next run has it before this one has wound up."""
    session.execute(update(Execution).where(Execution.run_id == run_id).values(subject=None))


def stop(session: Session, run_id: str) -> bool:
    """Lower the fence of a run, begun or not. Returns whether a worker had begun it."""
    row = insert(Execution).values(run_id=run_id, beat_at=_NOW, stop=True)
    stopped = row.on_conflict_do_update(index_elements=[Execution.run_id], set_={"stop": True})
    return session.execute(stopped.returning(Execution.worker)).scalar_one() is not None


def stop_subject(session: Session, subject: str) -> None:
    """Lower the fence of whichever run works on `subject`."""
    session.execute(update(Execution).where(Execution.subject == subject, ~Execution.stop).values(stop=True))


def stop_worker(session: Session, worker: str) -> list[str]:
    """Lower the fence of all that `worker` runs. Returns the subjects they had claimed."""
    stopped = update(Execution).where(Execution.worker == worker, ~Execution.stop).values(stop=True)
    return [subject for subject in session.scalars(stopped.returning(Execution.subject)) if subject]


def mark_if_dead(run_id: str) -> bool:
    """Declare a begun run dead, and fence it off, if its heart has not beaten. True: it is dead.

    A run without a row is dead too: its worker has ended it without getting that through to Dagster.
    """
    with transaction() as session:
        return bool(mark_dead(session, [run_id])) or not begun_runs(session, [run_id])


def mark_dead(session: Session, run_ids: Collection[str]) -> set[str]:
    """Fence off those of these runs whose heart has not beaten, and return them."""
    buried = update(Execution).where(Execution.run_id.in_(run_ids), _DEAD).values(stop=True)
    return set(session.scalars(buried.returning(Execution.run_id)))


def end(run_id: str) -> None:
    """Forget a run that has ended in its worker."""
    with transaction() as session:
        session.execute(delete(Execution).where(Execution.run_id == run_id))


def sweep(session: Session) -> None:
    """Drop rows whose process is surely gone; until then they keep late messages from beginning."""
    session.execute(delete(Execution).where(Execution.beat_at < _NOW - timedelta(days=1)))


def begun_runs(session: Session, run_ids: list[str]) -> set[str]:
    """Which of these runs a worker has begun, or somebody has stopped."""
    return set(session.scalars(select(Execution.run_id).where(Execution.run_id.in_(run_ids))))


def live_runs(session: Session, run_ids: list[str]) -> set[str]:
    """Which of these runs live: begun, not stopped."""
    return set(session.scalars(select(Execution.run_id).where(Execution.run_id.in_(run_ids), ~Execution.stop)))


def claimed_subjects(session: Session) -> set[str]:
    """The subjects that beating runs work on."""
    return set(
        session.scalars(select(Execution.subject).where(Execution.subject.is_not(None), ~Execution.stop, ~_DEAD))
    )


def _beat(run_id: str) -> bool:
    """One heartbeat; False when the fence is down."""
    beat = update(Execution).where(Execution.run_id == run_id, ~Execution.stop).values(beat_at=_NOW)
    with transaction() as session:
        session.execute(text("set local synchronous_commit = off"))  # a lost beat costs nothing, an fsync does
        return bool(session.execute(beat.returning(Execution.run_id)).first())


class Heartbeat(threading.Thread):
    """Beats for one run while the block runs, and interrupts the main thread once the run may not go on.

    The interrupt is repeated at every beat: one that arrives before the run has installed its signal
    handlers is lost.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__(name=f"heart-{run_id[:8]}", daemon=True)
        self._run_id = run_id
        self._ended = threading.Event()

    def __enter__(self) -> "Heartbeat":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        heard = time.monotonic()
        while not self._ended.wait(BEAT_SECONDS):
            try:
                alive = _beat(self._run_id)
                heard = time.monotonic()
            except SQLAlchemyError:  # whatever it is, a heart that ends over it would let its run go on
                alive = time.monotonic() - heard < ALONE_SECONDS
            if not alive:
                self._interrupt()

    def _interrupt(self) -> None:
        if not self._ended.is_set():
            os.kill(os.getpid(), signal.SIGINT)
