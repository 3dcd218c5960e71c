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
from content_pipeline.core.errors import Error, InternalError, TooManyRequests, Unavailable
from content_pipeline.core.models import Task
from content_pipeline.core.settings import Lane
from content_pipeline.core.tasks import dagster_client, deferral, executions, tasks
from content_pipeline.core.tasks.executions import Stopped
from content_pipeline.core.tasks.partition_keys import row_id
from content_pipeline.core.tasks.run_context import RunContext, Suspend, SwitchLane

# Dagster's own marks of a run made from another one: by its run retries, or by a person in the UI.
PARENT_TAG: Final = "dagster/parent_run_id"
RETRY_TAG: Final = "dagster/retry_number"

Result = TypeVar("Result")
Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckEvaluation]


def perform(context: dg.AssetExecutionContext, kind: str, body: Callable[[RunContext, str], Results]) -> Results:
    """Run `body(run, row_id)` as the one live execution of this partition's row, and yield what it yields.

    A run that may not work (its subject is taken, its task was canceled or has moved on) yields nothing, so
    nothing is recorded as materialised. Our errors end the task and fail the run; retryable ones, and a
    database that was away, put the task aside with back-off instead. Anything unexpected ends the task as
    `broken` and is raised as it is.
    """
    key = row_id(context.partition_key)
    try:
        run = _retry_while_unreachable(lambda: _admit(context, kind, key))
        if run is None:
            return
        yield from _carry_out(context, run, body(run, key))
        if task_id := run.task_id:
            _retry_while_unreachable(lambda: _start_next(task_id))
    except (Stopped, dg.DagsterExecutionInterruptedError) as error:
        with suppress(*UNREACHABLE):
            _report_cancel(context)
        raise dg.DagsterExecutionInterruptedError from error


def _report_cancel(context: dg.AssetExecutionContext) -> None:
    """Let Dagster know why the run ends, when the fence of a canceled task was quicker than the word to Dagster.

    An interrupt that it knows no reason for is a lost worker to it, and is repeated.
    """
    dagster_run = context.instance.get_run_by_id(context.run.run_id)
    if (
        dagster_run is None
        or dagster_run.status is not dg.DagsterRunStatus.STARTED
        or dagster_client.TASK_TAG not in dagster_run.tags
    ):
        return
    with transaction() as session:
        task = session.get(Task, dagster_run.tags[dagster_client.TASK_TAG])
    if task and task.state == "canceled":
        context.instance.report_run_canceling(dagster_run)


def _admit(context: dg.AssetExecutionContext, kind: str, key: str) -> RunContext | None:
    """This run's hold on its subject, or None when it is not the one that works for its task."""
    dagster_run = context.run
    if not executions.claim(dagster_run.run_id, tasks.subject(kind, key)):
        context.log.warning("Another run is at work on this; nothing done.")
        return None
    lane = cast(Lane, dagster_run.tags.get(dagster_client.QUEUE_TAG, "media"))
    with executions.fenced(dagster_run.run_id) as session:
        if _overtaken(session, dagster_run.tags):
            context.log.info("The task of this run was canceled or goes on in another run; nothing done.")
            return None
        task = tasks.mark_processing(session, kind, key)
        if task is None:
            return RunContext(dagster_run.run_id, lane)
        return RunContext(dagster_run.run_id, lane, task.id, task.attempt, task.created_at)


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


def _carry_out(context: dg.AssetExecutionContext, run: RunContext, results: Results) -> Results:
    try:
        yield from results
    except Stopped:
        raise
    except SwitchLane as move:
        lane = move.lane
        _retry_while_unreachable(lambda: _switch_lane(run, lane))
        context.log.info(f"Goes on in the {lane} lane.")
    except Suspend as others:
        until = others.until
        _retry_while_unreachable(lambda: _defer(run, until, attempt=run.attempt, for_others=True))
        context.log.info("Goes on when the platform has done its part.")
    except Exception as raised:
        error = _as_ours(raised)
        is_paced = isinstance(error, TooManyRequests) and run.is_patient
        if error.retryable and run.task_id and (is_paced or not run.is_last_attempt):
            delay = error.retry_after or 5.0 * 2**run.attempt
            not_before, attempt = now() + timedelta(seconds=delay), run.attempt + (not is_paced)
            _retry_while_unreachable(lambda: _defer(run, not_before, attempt=attempt, for_others=is_paced))
            context.log.warning(f"{error.detail} Tried again in {delay:.0f} s.")
            return
        _retry_while_unreachable(lambda: _end(run, error))
        if error is not raised:
            raise
        raise dg.Failure(f"{error.detail} {error.remedy}".strip(), {"code": error.code}, allow_retries=False) from error


def _as_ours(raised: Exception) -> Error:
    if isinstance(raised, Error):
        return raised
    if isinstance(raised, UNREACHABLE):
        return Unavailable("The database did not answer.", code="database_unavailable", remedy="Retry the task.")
    return InternalError("Something went wrong on our side.", remedy="Retry the task; if it fails again, tell us.")


def _retry_while_unreachable(act: Callable[[], Result]) -> Result:
    """Do it in spite of a database that restarts; one that stays away ends the run by way of its heart."""
    deadline = time.monotonic() + executions.ALONE_SECONDS
    while True:
        try:
            return act()
        except UNREACHABLE:
            if time.monotonic() > deadline:
                raise
            time.sleep(executions.BEAT_SECONDS)


def _switch_lane(run: RunContext, lane: Lane) -> None:
    if run.task_id is None:
        return
    with run.write() as session:
        deferral.defer(session, run.task_id, not_before=now(), attempt=run.attempt, lane=lane)
        executions.release(session, run.run_id)


def _defer(run: RunContext, not_before: datetime, *, attempt: int, for_others: bool) -> None:
    assert run.task_id
    with run.write() as session:
        deferral.defer(
            session, run.task_id, not_before=not_before, attempt=attempt, lane=run.lane, for_others=for_others
        )


def _end(run: RunContext, error: Error) -> None:
    if run.task_id:
        with run.write() as session:
            tasks.fail(session, run.task_id, error)


def _start_next(task_id: str) -> None:
    """Start the next run of a task that has moved on, now rather than at the sensor's next tick."""
    with transaction() as session:
        task = session.get_one(Task, task_id)
        is_due = task.state == "waiting" and task.not_before is not None and task.not_before <= now()
        started = is_due and tasks.reserve_start(session, task)
    if started:
        dagster_client.launch_runs(task)
