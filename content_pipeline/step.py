"""Under every asset: claims the subject, reports progress, turns our errors into what Dagster understands."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, cast

import dagster as dg
from sqlalchemy.orm import Session

from content_pipeline.core import executions, runs, tasks
from content_pipeline.core.clock import now
from content_pipeline.core.database import transaction
from content_pipeline.core.errors import Broken, Error
from content_pipeline.core.executions import Stopped
from content_pipeline.core.models import Task
from content_pipeline.core.settings import Lane
from content_pipeline.core.work import MoveOn, Work

MAX_ATTEMPTS: Final = 5
# Dagster's own marks of a run made from another one: by its run retries, or by a person in the UI.
PARENT_TAG: Final = "dagster/parent_run_id"
RETRY_TAG: Final = "dagster/retry_number"

Results = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


def perform(context: dg.AssetExecutionContext, kind: str, body: Callable[[Work, str], Results]) -> Results:
    """Run `body(work, key)` as the one live execution of this partition's row, and yield what it yields.

    A run that may not work (its subject is taken, its task was canceled or has moved on) yields nothing, so
    nothing is recorded as materialised. Our errors end the task and fail the run; retryable ones put the
    task aside with back-off instead. Anything unexpected ends the task as `broken` and is raised as it is.
    """
    key = context.partition_key
    if not executions.claim(context.run_id, tasks.subject(kind, key)):
        context.log.warning("Another run is at work on this; nothing done.")
        return
    work = _admit(context, kind, key)
    if work is None:
        context.log.info("The task of this run was canceled or goes on in another run; nothing done.")
        return
    try:
        yield from body(work, key)
    except Stopped as error:
        raise dg.DagsterExecutionInterruptedError from error
    except MoveOn as move:
        _continue(work, lane=move.lane)
        context.log.info(f"Goes on in the {move.lane} lane.")
    except Error as error:
        if error.retryable and work.task_id and work.attempt + 1 < MAX_ATTEMPTS:
            delay = error.retry_after or 5.0 * 2**work.attempt
            _put_aside(work, delay)
            context.log.warning(f"{error.detail} Tried again in {delay:.0f} s.")
            return
        _end(work, error)
        raise dg.Failure(f"{error.detail} {error.remedy}".strip(), {"code": error.code}, allow_retries=False) from error
    except Exception:
        _end(work, Broken("Something went wrong on our side.", remedy="Retry the task; if it fails again, tell us."))
        raise


def _admit(context: dg.AssetExecutionContext, kind: str, key: str) -> Work | None:
    """This run's hold on its subject, or None when it came too late to be the one that works for its task."""
    run = context.run
    lane = cast(Lane, run.tags.get(runs.QUEUE_TAG, "media"))
    with executions.fenced(run.run_id) as session:
        if _overtaken(session, run.tags):
            return None
        task = tasks.take(session, kind, key)
        if task is None:
            return Work(run.run_id, lane)
        return Work(run.run_id, lane, task.id, task.attempt)


def _overtaken(session: Session, tags: Mapping[str, str]) -> bool:
    if runs.TASK_TAG not in tags:
        return False
    task = session.get(Task, tags[runs.TASK_TAG])
    if task is None:
        return True
    if task.state in tasks.OPEN:
        return str(task.starts) != tags[runs.START_TAG]
    # A person who re-executes an ended task's run in the UI wants its output made again; nobody else does.
    by_hand = PARENT_TAG in tags and RETRY_TAG not in tags
    return not by_hand


def _continue(work: Work, lane: Lane) -> None:
    if work.task_id is None:
        return
    with work.write() as session:
        tasks.wait(session, work.task_id, not_before=now(), attempt=work.attempt, lane=lane)
    start_next(work.task_id)


def start_next(task_id: str) -> None:
    """Start the next run of a task that waits for nothing, now rather than at the sensor's next tick."""
    with transaction() as session:
        task = session.get_one(Task, task_id)
        started = tasks.start(session, task)
    if started:
        runs.start(task)


def _put_aside(work: Work, delay: float) -> None:
    assert work.task_id
    with work.write() as session:
        not_before = now() + timedelta(seconds=delay)
        tasks.wait(session, work.task_id, not_before=not_before, attempt=work.attempt + 1, lane=work.lane)


def _end(work: Work, error: Error) -> None:
    if work.task_id:
        with work.write() as session:
            tasks.fail(session, work.task_id, error)
