"""Wrapper around every asset body: claim, start of the task's next run, mapping of errors to Dagster."""

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

import dagster as dg
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Error, InternalError, OutOfMemory, TooManyRequests, Unavailable
from content_pipeline.core.infrastructure import disk_space, tracing
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import UNREACHABLE, transaction
from content_pipeline.core.models import Task
from content_pipeline.core.settings import Lane
from content_pipeline.core.tasks import dagster_client, deferral, leases, max_runtime, starts, tasks
from content_pipeline.core.tasks.leases import Stopped
from content_pipeline.core.tasks.partition_keys import row_id
from content_pipeline.core.tasks.run_context import Hold, RunContext, Suspend, SwitchLane
from content_pipeline.engine import operator_runs

# Libraries in C++ (oneDNN, MKL, onnxruntime) raise RuntimeError when memory is short, and so does Python for a thread's
# stack.
_OUT_OF_MEMORY: Final = ("could not create a memory object", "failed to allocate memory", "can't start new thread")

Result = TypeVar("Result")
Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


def perform(context: dg.AssetExecutionContext, kind: str, body: Callable[[RunContext, str], Results]) -> Results:
    """Run `body(run, row_id)` as the one live execution of this partition's row, and yield what it yields.

    A run that may not work (its subject is claimed, or a later run has superseded it) yields nothing, so nothing is
    recorded as materialized; that of a canceled task ends as canceled. Errors of ours end the task and fail the run;
    retryable ones, and an unreachable database, reschedule the task with back-off. An unexpected exception ends the
    task as `broken` and is raised unchanged.
    """
    key = row_id(context.partition_key)
    try:
        try:
            run = _retry_while_unreachable(lambda: _claim(context, kind, key))
        except Error as error:
            raise failure(error) from error
        if run is None:
            return
        with tracing.span(f"run {kind}", _attributes(run), parent=tracing.remote(run.traceparent)):
            yield from _execute(context, run, body(run, key))
            if task_id := run.task_id:
                _retry_while_unreachable(lambda: _start_next(task_id))
    except (Stopped, dg.DagsterExecutionInterruptedError) as error:
        with suppress(*UNREACHABLE):
            _report_cancel(context, kind, key)
        raise interruption_of(context.run.run_id) from error


def interruption_of(run_id: str) -> BaseException:
    """What the step of a run raises that was fenced off.

    It is an interrupt, after which Dagster retries the run unless it was canceled; or the failure of a run that took
    too long, which is final.
    """
    if error := max_runtime.error_of(run_id):
        return failure(error)
    return dg.DagsterExecutionInterruptedError()


def failure(error: Error) -> dg.Failure:
    """What the step of a run raises for an error of ours: its `code` is what alerts are counted by. It is final."""
    message = f"{error.detail} {error.remedy}".strip()
    return dg.Failure(message, {"code": error.code, **_log_of(error)}, allow_retries=False)


def _log_of(error: Error) -> dict[str, dg.MetadataValue[Any]]:
    """The last lines of the program that failed, such as ffmpeg, which the error has as notes."""
    notes = "\n".join(getattr(error, "__notes__", ()))
    return {"log": dg.MetadataValue.md(f"```\n{notes}\n```")} if notes else {}


def _attributes(run: RunContext) -> dict[str, str | int]:
    return {"run_id": run.run_id, "lane": run.lane, "task_id": run.task_id or "", "attempt": run.attempt}


def _report_cancel(context: dg.AssetExecutionContext, kind: str, key: str) -> None:
    """Report the cancel to Dagster when the fence of a canceled task ended the run before Dagster was told.

    Dagster takes an interrupt without a reported cancel for a lost worker, and retries the run.
    """
    dagster_run = context.instance.get_run_by_id(context.run.run_id)
    if dagster_run is None or dagster_run.status is not dg.DagsterRunStatus.STARTED:
        return
    with transaction() as session:
        is_canceled = _is_canceled(session, dagster_run, kind, key)
    if is_canceled:
        context.instance.report_run_canceling(dagster_run)


def _is_canceled(session: Session, dagster_run: dg.DagsterRun, kind: str, key: str) -> bool:
    if launched := operator_runs.launched_at(dagster_run):
        return operator_runs.is_canceled(session, kind, key, since=launched)
    task = session.get(Task, dagster_run.tags.get(dagster_client.TASK_TAG))
    return task is not None and task.state == "canceled"


def _claim(context: dg.AssetExecutionContext, kind: str, key: str) -> RunContext | None:
    """Claim the subject, and take its task. None when another run holds it, or superseded this run.

    Raises Stopped for a canceled task, and as `operator_tasks.enter_retry` does.
    """
    dagster_run = context.run
    if not leases.claim(dagster_run.run_id, tasks.subject(kind, key)):
        context.log.warning("Another run is working on this; nothing done.")
        return None
    if launched := operator_runs.launched_at(dagster_run):
        task = operator_runs.take_task(context.instance, dagster_run, kind, key, launched)
    else:
        with leases.fenced(dagster_run.run_id) as session:
            if _is_superseded(session, dagster_run):
                context.log.info("The task of this run has ended or continues in another run; nothing done.")
                return None
            task = tasks.mark_processing(session, kind, key)
    lane = cast(Lane, dagster_run.tags.get(dagster_client.QUEUE_TAG) or "media")
    if task is None:
        return RunContext(dagster_run.run_id, lane)
    return RunContext(dagster_run.run_id, lane, task.id, task.attempt, task.created_at, task.traceparent)


def _is_superseded(session: Session, dagster_run: dg.DagsterRun) -> bool:
    """Whether the task of a run has ended or continues in a later run. Raises Stopped when it was canceled."""
    task_id, start = (dagster_run.tags.get(name) for name in (dagster_client.TASK_TAG, dagster_client.START_TAG))
    # The task is locked until it is taken: a cancel in between would leave a run that works without a task.
    task = session.get(Task, task_id, with_for_update={"key_share": True}) if task_id else None
    if task and task.state == "canceled":
        # The run began between the cancel and the fence. Without this it would end as a success that has done nothing.
        raise Stopped(dagster_run.run_id)
    return task is None or task.state not in tasks.OPEN or str(task.starts) != start


def _execute(context: dg.AssetExecutionContext, run: RunContext, results: Results) -> Results:
    try:
        yield from results
    except Stopped:
        raise
    except SwitchLane as switch:
        lane = switch.lane
        _retry_while_unreachable(lambda: _switch_lane(run, lane))
        context.log.info(f"Continues in the {lane} lane.")
    except Suspend as suspend:
        until = suspend.until
        _retry_while_unreachable(lambda: _defer(run, until, attempt=run.attempt, for_others=True))
        context.log.info("Continues when the platform has finished processing.")
    except Hold:
        context.log.info("Prepared ahead of its time; continues when it is due.")
    except Exception as raised:
        error = _to_error(raised)
        is_paced = isinstance(error, TooManyRequests) and run.is_patient
        if error.retryable and run.task_id and (is_paced or not run.is_last_attempt):
            delay = error.retry_after or 5.0 * 2**run.attempt
            not_before, attempt = now() + timedelta(seconds=delay), run.attempt + (not is_paced)
            _retry_while_unreachable(lambda: _defer(run, not_before, attempt=attempt, for_others=is_paced))
            context.log.warning(f"{error.detail} Retried in {delay:.0f} s.")
            return
        _retry_while_unreachable(lambda: _end(run, error))
        if error is not raised:
            raise
        raise failure(error) from error


def _to_error(raised: Exception) -> Error:
    if isinstance(raised, Error):
        return raised
    if isinstance(raised, UNREACHABLE):
        return Unavailable("The database did not answer.", code="database_unavailable", remedy="Retry the task.")
    if isinstance(raised, OSError) and raised.errno == errno.ENOSPC:
        return disk_space.full()
    if isinstance(raised, MemoryError) or any(words in str(raised).lower() for words in _OUT_OF_MEMORY):
        return OutOfMemory()
    return InternalError("Something went wrong on our side.", remedy="Retry the task; if it fails again, tell us.")


def _retry_while_unreachable(action: Callable[[], Result]) -> Result:
    """Retry `action` while the database restarts; if that takes longer, raise (the heartbeat ends the run by then)."""
    deadline = time.monotonic() + leases.UNREACHABLE_SECONDS
    while True:
        try:
            return action()
        except UNREACHABLE:
            if time.monotonic() > deadline:
                raise
            time.sleep(leases.HEARTBEAT_SECONDS)


def _switch_lane(run: RunContext, lane: Lane) -> None:
    if run.task_id is None:
        return
    with run.write() as session:
        deferral.defer(session, run.task_id, not_before=now(), attempt=run.attempt, lane=lane)
        leases.release(session, run.run_id)


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
    """Launch the next run of a rescheduled task that is due, without waiting for the sensor's next tick."""
    with transaction() as session:
        task = session.get_one(Task, task_id)
        is_due = task.state == "waiting" and task.not_before is not None and task.not_before <= now()
        started = is_due and starts.reserve_start(session, task)
    if started:
        dagster_client.launch_runs(task)
