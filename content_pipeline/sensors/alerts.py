"""Alerts: a sensor that counts failed runs by error code, and tells the log and the operator's webhook."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

import dagster as dg
import structlog
from dagster._core.execution.plan.objects import ErrorSource
from sqlalchemy import select

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import FailureCount, Task
from content_pipeline.core.operations.alerts import failures, webhook
from content_pipeline.core.operations.alerts.failures import Failure
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks.dagster_client import TASK_TAG
from content_pipeline.sensors import intervals

log = structlog.get_logger()

# Each failure takes a query, and Dagster ends a tick after a minute.
FAILURES_A_TICK: Final = 500
# Codes that the webhook is told of in a tick, each in a thread of its own: one that hangs holds up no other.
CODES_A_TICK: Final = 20
# LOST is the code of a run whose worker was lost, UNKNOWN that of a run that failed without an error code of ours, or
# with one that cannot be read.
LOST: Final = "worker_lost"
UNKNOWN: Final = "broken"


@dg.sensor(
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Counts failed runs by error code, and tells the log and the operator's webhook of each code, "
    "at once and then every 15 minutes.",
)
def report_failures(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    found, cursor = _new_failures(context.instance, context.cursor)
    with transaction() as session:
        failures.record(session, found)
    context.update_cursor(cursor)
    tell_log()
    tell_webhook()
    return dg.SkipReason(f"{len(found)} runs have failed since the last tick.")


def _new_failures(instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[Failure], str]:
    """The runs that have failed since the cursor, and the next cursor. Nothing at the first tick."""
    failed = dg.DagsterEventType.RUN_FAILURE
    if cursor is None:
        newest = instance.fetch_run_status_changes(failed, limit=1)
        return [], newest.cursor
    changes = instance.fetch_run_status_changes(failed, limit=FAILURES_A_TICK, cursor=cursor, ascending=True)
    run_ids = [record.run_id for record in changes.records]
    runs = {run.run_id: run for run in instance.get_runs(dg.RunsFilter(run_ids=run_ids))} if run_ids else {}
    found = []
    for record in changes.records:
        if record.run_id not in runs:
            continue
        code = UNKNOWN
        with isolated("failed_runs", record.run_id):  # or the cursor would stay here, and none be told of any more
            code = _code(instance, record.run_id)
        at = datetime.fromtimestamp(record.timestamp, UTC)
        found.append(Failure(record.storage_id, record.run_id, runs[record.run_id].job_name, code, at))
    canceled = _canceled(runs[each.run_id] for each in found if each.code == LOST)
    return [each for each in found if each.run_id not in canceled], changes.cursor


def _canceled(runs: Iterable[dg.DagsterRun]) -> set[str]:
    """The ids of those of these runs of lost workers whose task was canceled.

    The fence of such a task may meet its run in Dagster's own code, before Dagster is told of the cancel. Then Dagster
    takes the interrupt for a lost worker; when it repeats the run, that ends as canceled.
    """
    task_ids = {run.run_id: run.tags[TASK_TAG] for run in runs if TASK_TAG in run.tags}
    if not task_ids:  # in nearly every tick
        return set()
    query = select(Task.id).where(Task.id.in_(task_ids.values()), Task.state == "canceled")
    with transaction() as session:
        canceled = set(session.scalars(query))
    return {run_id for run_id, task_id in task_ids.items() if task_id in canceled}


def _code(instance: dg.DagsterInstance, run_id: str) -> str:
    """The error code with which the run's step failed (engine/step.py)."""
    steps = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE, limit=1).records
    if not steps:
        return LOST
    event = steps[0].event_log_entry.dagster_event
    if event and event.step_failure_data.error_source is ErrorSource.INTERRUPT:  # at each upgrade, and repeated
        return LOST
    data = event.step_failure_data.user_failure_data if event else None
    code = data.metadata.get("code") if data else None
    return str(code.value) if code else UNKNOWN


def tell_log() -> None:
    """Log the failures with each code, at once and then at most every INTERVAL."""
    with transaction() as session:
        for count in failures.to_log(session):
            log.error("runs_failed", failures=count.total - count.logged, **_about(count))
            failures.set_logged(count)


def tell_webhook() -> None:
    """Tell the operator's webhook of each code by itself: one that is refused is told again, and holds up no other."""
    if not settings().alert_webhook_url.get_secret_value():
        with transaction() as session:
            failures.skip_unsent(session)
        return
    with transaction() as session:
        due = failures.to_send(session, CODES_A_TICK)
    with ThreadPoolExecutor(CODES_A_TICK, thread_name_prefix="alerts") as pool:
        outcomes = pool.map(webhook.send, due)
        for count, refusal in zip(due, outcomes, strict=True):
            if refusal:
                log.warning("alert_refused", reason=refusal, **_about(count))
            with transaction() as session:
                failures.settle(session, count, is_accepted=refusal is None)


def _about(count: FailureCount) -> dict[str, str]:
    return {
        "code": count.code,
        "job": count.last_job,
        "run_id": count.last_run_id,
        "run_url": webhook.run_url(count.last_run_id),
    }
