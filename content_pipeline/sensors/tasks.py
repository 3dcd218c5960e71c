"""Reconciliation sensor: launches missing runs, resends lost messages, and ends tasks whose runs were lost.

`choose_action` is a pure function; the sensor around it reads the state and acts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from time import time  # noqa: TID251 - compared with Dagster's timestamps, which are real time
from typing import Final, Literal

import dagster as dg

from content_pipeline import jobs
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import dagster_client, kinds, leases, starts, tasks
from content_pipeline.engine.launcher import CeleryRunLauncher
from content_pipeline.sensors import intervals, run_requests

LIVE: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
# Dagster sets this tag shortly after a run has failed: whether its run retries will repeat the run.
WILL_RETRY_TAG: Final = "dagster/will_retry"
REASON_TAG: Final = "dagster/failure_reason"
# The run retries daemon polls every 5 s but may never act: one of three lost runs with the tag was not repeated within
# a minute. If it acts later, its run is superseded and does nothing.
RETRY_PATIENCE_SECONDS: Final = 10.0
# Limit of starts that ends a task caught in a loop. Lane switches and back-offs count, but are few. Waits for others do
# not: a post that exceeds a daily quota is rescheduled every hour.
MAX_STARTS: Final = 20
RESEND_AFTER_SECONDS: Final = 60.0
# Dagster submits a run within milliseconds of creating it.
SUBMITTED_WITHIN_SECONDS: Final = 60.0
# Dagster ends a tick after a minute; launching a run takes some 30 ms.
STARTS_A_TICK: Final = 500

Action = Literal["start", "fail", "none"]
# live: unfinished, or Dagster will retry it; lost: its retries are used up; ended: any other outcome.
RunState = Literal["live", "lost", "ended"]


def classify_run(run: dg.DagsterRun, ended_seconds_ago: float) -> RunState:
    """Classify a run, taking Dagster's run retries into account."""
    if run.status in LIVE:
        return "live"
    if run.status is not dg.DagsterRunStatus.FAILURE:
        return "ended"
    if run.tags.get(WILL_RETRY_TAG) != "false":
        return "live" if ended_seconds_ago < RETRY_PATIENCE_SECONDS else "ended"
    # A failed step ends its task itself (step.py). One that could not, because the database was unreachable, has not
    # been retried yet.
    return "ended" if run.tags.get(REASON_TAG) == "STEP_FAILURE" else "lost"


def choose_action(task: Task, newest: RunState | None) -> Action:
    """The action for an open task, given the newest run of its present start (None: no run)."""
    if newest == "live":
        return "none"
    if task.starts - task.waits >= MAX_STARTS or (task.state == "processing" and newest == "lost"):
        return "fail"
    return "start"


@dg.sensor(
    jobs=[*jobs.JOBS.values()],
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Launches missing runs of open tasks, resends lost messages, and ends tasks whose runs were lost.",
)
def start_unattended_tasks(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    live = context.instance.get_run_records(dg.RunsFilter(statuses=LIVE))
    starts = {_start_of(record.dagster_run) for record in live}
    unattended = list(islice(claim_unattended(context.instance, starts), STARTS_A_TICK))
    fail_stranded(context.instance, live)
    cursor = resend(context.instance, live, json.loads(context.cursor or "{}"))
    return run_requests.sensor_result(unattended, cursor=json.dumps(cursor))


def _start_of(run: dg.DagsterRun) -> tuple[str, str]:
    task_id, start = (run.tags.get(name) for name in (dagster_client.TASK_TAG, dagster_client.START_TAG))
    return task_id or "", start or ""


def claim_unattended(instance: dg.DagsterInstance, live: set[tuple[str, str]]) -> Iterator[Task]:
    """Tasks that need a run, each with its start reserved."""
    with transaction() as session:
        candidates = starts.unattended(session)
        held = leases.claimed_subjects(session)
    for task in candidates:
        if (task.id, str(task.starts)) in live or tasks.subject(task.subject_kind, task.subject_key) in held:
            continue
        is_claimed = False
        with isolated("unattended_tasks", task.id):
            is_claimed = _claim(instance, task)
        if is_claimed:
            yield task


def _claim(instance: dg.DagsterInstance, task: Task) -> bool:
    """Reserve the start of a task, or fail it, as its newest run demands. Returns whether it is to be started."""
    if task.subject_kind not in kinds.jobs():  # of another release than this one
        raise LookupError(f"No job runs tasks of the kind {task.subject_kind!r}.")
    action = choose_action(task, _newest_run_state(instance, task))
    with transaction() as session:
        if action == "fail":
            tasks.fail(session, task.id, tasks.LOST)
        return action == "start" and starts.reserve_start(session, task)


def _newest_run_state(instance: dg.DagsterInstance, task: Task) -> RunState | None:
    mine = dg.RunsFilter(tags={dagster_client.TASK_TAG: task.id, dagster_client.START_TAG: str(task.starts)})
    records = instance.get_run_records(mine, limit=1)
    return classify_run(records[0].dagster_run, time() - (records[0].end_time or 0)) if records else None


def fail_stranded(instance: dg.DagsterInstance, live: Sequence[dg.RunRecord]) -> None:
    """Fail runs that died before they started, so that Dagster retries them; its own monitoring waits a day.

    Either the webserver died between creating and submitting the run, or the worker between beginning it and its first
    event.
    """
    unsubmitted = [
        record.dagster_run
        for record in live
        if record.dagster_run.status is dg.DagsterRunStatus.NOT_STARTED
        and record.dagster_run.tags.get(dagster_client.TASK_TAG)
        and time() - record.create_timestamp.timestamp() > SUBMITTED_WITHIN_SECONDS
    ]
    starting = {
        record.dagster_run.run_id: record.dagster_run
        for record in live
        if record.dagster_run.status is dg.DagsterRunStatus.STARTING
    }
    with transaction() as session:
        dead = leases.mark_dead(session, starting) if starting else set()
    for run in unsubmitted + [starting[run_id] for run_id in dead]:
        with isolated("stranded_runs", run.run_id):
            instance.report_run_failed(run, "The run died before it started.")


def resend(instance: dg.DagsterInstance, live: Sequence[dg.RunRecord], sent: Mapping[str, float]) -> dict[str, float]:
    """Resend the messages of runs that no worker has begun in time. Returns when each was last sent, in epoch seconds.

    A broker that crashes within a second of accepting a message loses it. A run that only waits for a free slot is sent
    twice; the second message does nothing (leases.begin).
    """
    launcher = instance.run_launcher
    assert isinstance(launcher, CeleryRunLauncher)
    starting = [record for record in live if record.dagster_run.status is dg.DagsterRunStatus.STARTING]
    with transaction() as session:
        begun = leases.begun_runs(session, [record.dagster_run.run_id for record in starting]) if starting else set()
    kept = {}
    for record in starting:
        run = record.dagster_run
        last = sent.get(run.run_id, record.update_timestamp.timestamp())
        if run.run_id not in begun and time() - last > RESEND_AFTER_SECONDS:
            with isolated("resent_runs", run.run_id):
                launcher.send(run)
                last = time()
        kept[run.run_id] = last
    return kept
