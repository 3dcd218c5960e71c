"""Under every asset: claims the subject, reports progress, turns our errors into what Dagster understands."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

import dagster as dg
from sqlalchemy.orm import Session

from content_pipeline.core.clock import now
from content_pipeline.core.database import UNREACHABLE, transaction
from content_pipeline.core.errors import Broken, Error, TooManyRequests, Unavailable
from content_pipeline.core.models import Task
from content_pipeline.core.settings import Lane
from content_pipeline.core.tasks import dagster_client, deferral, executions, tasks
from content_pipeline.core.tasks.executions import Stopped
from content_pipeline.core.tasks.run_context import Await, MoveOn, Work

# Dagster's own marks of a run made from another one: by its run retries, or by a person in the UI.
PARENT_TAG: Final = "dagster/parent_run_id"
RETRY_TAG: Final = "dagster/retry_number"

Result = TypeVar("Result")
Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckEvaluation]


def perform(context: dg.AssetExecutionContext, kind: str, body: Callable[[Work, str], Results]) -> Results:
    """Run `body(work, key)` as the one live execution of this partition's row, and yield what it yields.

    A run that may not work (its subject is taken, its task was canceled or has moved on) yields nothing, so
    nothing is recorded as materialised. Our errors end the task and fail the run; retryable ones, and a
    database that was away, put the task aside with back-off instead. Anything unexpected ends the task as
    `broken` and is raised as it is.
    """
    key = context.partition_key
    try:
        work = _insist(lambda: _admit(context, kind, key))
        if work is None:
            return
        yield from _carry_out(context, work, body(work, key))
        if task_id := work.task_id:
            _insist(lambda: _start_next(task_id))
    except (Stopped, dg.DagsterExecutionInterruptedError) as error:
        with suppress(*UNREACHABLE):
            _tell_of_cancel(context)
        raise dg.DagsterExecutionInterruptedError from error


def _tell_of_cancel(context: dg.AssetExecutionContext) -> None:
    """Let Dagster know why the run ends, when the fence of a canceled task was quicker than the word to Dagster.

    An interrupt that it knows no reason for is a lost worker to it, and is repeated.
    """
    run = context.instance.get_run_by_id(context.run.run_id)
    if run is None or run.status is not dg.DagsterRunStatus.STARTED or dagster_client.TASK_TAG not in run.tags:
        return
    with transaction() as session:
        task = session.get(Task, run.tags[dagster_client.TASK_TAG])
    if task and task.state == "canceled":
        context.instance.report_run_canceling(run)


def _admit(context: dg.AssetExecutionContext, kind: str, key: str) -> Work | None:
    """This run's hold on its subject, or None when it is not the one that works for its task."""
    run = context.run
    if not executions.claim(run.run_id, tasks.subject(kind, key)):
        context.log.warning("Another run is at work on this; nothing done.")
        return None
    lane = cast(Lane, run.tags.get(dagster_client.QUEUE_TAG, "media"))
    with executions.fenced(run.run_id) as session:
        if _overtaken(session, run.tags):
            context.log.info("The task of this run was canceled or goes on in another run; nothing done.")
            return None
        task = tasks.take(session, kind, key)
        if task is None:
            return Work(run.run_id, lane)
        return Work(run.run_id, lane, task.id, task.attempt, task.created_at)


def _overtaken(session: Session, tags: Mapping[str, str]) -> bool:
    if dagster_client.TASK_TAG not in tags:
        return False
    task = session.get(Task, tags[dagster_client.TASK_TAG])
    if task is None:
        return True
    if task.state in tasks.OPEN:
        return str(task.starts) != tags[dagster_client.START_TAG]
    # A person who re-executes an ended task's run in the UI wants its output made again; nobody else does.
    by_hand = PARENT_TAG in tags and RETRY_TAG not in tags
    return not by_hand


def _carry_out(context: dg.AssetExecutionContext, work: Work, results: Results) -> Results:
    try:
        yield from results
    except Stopped:
        raise
    except MoveOn as move:
        lane = move.lane
        _insist(lambda: _move_on(work, lane))
        context.log.info(f"Goes on in the {lane} lane.")
    except Await as others:
        until = others.until
        _insist(lambda: _put_aside(work, until, attempt=work.attempt, for_others=True))
        context.log.info("Goes on when the platform has done its part.")
    except Exception as raised:
        error = _as_ours(raised)
        is_paced = isinstance(error, TooManyRequests) and work.is_patient
        if error.retryable and work.task_id and (is_paced or not work.is_last_attempt):
            delay = error.retry_after or 5.0 * 2**work.attempt
            not_before, attempt = now() + timedelta(seconds=delay), work.attempt + (not is_paced)
            _insist(lambda: _put_aside(work, not_before, attempt=attempt, for_others=is_paced))
            context.log.warning(f"{error.detail} Tried again in {delay:.0f} s.")
            return
        _insist(lambda: _end(work, error))
        if error is not raised:
            raise
        raise dg.Failure(f"{error.detail} {error.remedy}".strip(), {"code": error.code}, allow_retries=False) from error


def _as_ours(raised: Exception) -> Error:
    if isinstance(raised, Error):
        return raised
    if isinstance(raised, UNREACHABLE):
        return Unavailable("The database did not answer.", code="database_unavailable", remedy="Retry the task.")
    return Broken("Something went wrong on our side.", remedy="Retry the task; if it fails again, tell us.")


def _insist(act: Callable[[], Result]) -> Result:
    """Do it in spite of a database that restarts; one that stays away ends the run by way of its heart."""
    deadline = time.monotonic() + executions.ALONE_SECONDS
    while True:
        try:
            return act()
        except UNREACHABLE:
            if time.monotonic() > deadline:
                raise
            time.sleep(executions.BEAT_SECONDS)


def _move_on(work: Work, lane: Lane) -> None:
    if work.task_id is None:
        return
    with work.write() as session:
        deferral.put_aside(session, work.task_id, not_before=now(), attempt=work.attempt, lane=lane)
        executions.release(session, work.run_id)


def _put_aside(work: Work, not_before: datetime, *, attempt: int, for_others: bool) -> None:
    assert work.task_id
    with work.write() as session:
        deferral.put_aside(
            session, work.task_id, not_before=not_before, attempt=attempt, lane=work.lane, for_others=for_others
        )


def _end(work: Work, error: Error) -> None:
    if work.task_id:
        with work.write() as session:
            tasks.fail(session, work.task_id, error)


def _start_next(task_id: str) -> None:
    """Start the next run of a task that has moved on, now rather than at the sensor's next tick."""
    with transaction() as session:
        task = session.get_one(Task, task_id)
        is_due = task.state == "waiting" and task.not_before is not None and task.not_before <= now()
        started = is_due and tasks.start(session, task)
    if started:
        dagster_client.start(task)
