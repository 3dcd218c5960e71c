"""The safety net under every request: starts what nobody started, sends again what got lost on its way to a
worker, and ends tasks whose run ended without saying so.

What to do is decided by `decide`, from plain values; the sensor around it reads and acts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from time import time  # noqa: TID251 - compared with Dagster's own stamps, which know no business clock
from typing import Final, Literal

import dagster as dg

from content_pipeline import jobs
from content_pipeline.core.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import dagster_client, executions, tasks
from content_pipeline.engine.launcher import CeleryRunLauncher
from content_pipeline.sensors import run_requests

LIVE: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
# Dagster marks each failed run, a moment after it failed, with whether its own run retries will repeat it.
WILL_RETRY_TAG: Final = "dagster/will_retry"
REASON_TAG: Final = "dagster/failure_reason"
# The run retries daemon looks every 5 s, and may never act: one of three lost runs, marked to be repeated, was not
# within a minute. Should it act later, its run finds itself overtaken.
RETRY_PATIENCE_SECONDS: Final = 10.0
# Also counts moves between lanes and back-offs, which are few, but not waits for others: a post that a day's quota
# holds up is told to come later every hour. Whoever comes this far is caught in a circle.
MAX_STARTS: Final = 20
RESEND_AFTER_SECONDS: Final = 60.0
# Between making a run and submitting it lie milliseconds.
SUBMITTED_WITHIN_SECONDS: Final = 60.0
# A tick has a minute; starting a run takes some 30 ms.
STARTS_A_TICK: Final = 500

Decision = Literal["start", "give_up", "leave"]
# How a run stands: it goes on or will be repeated; it was lost as often as Dagster repeats it; it has ended otherwise.
Standing = Literal["live", "lost", "ended"]


def standing(run: dg.DagsterRun, ended_seconds_ago: float) -> Standing:
    """How a run stands, with Dagster's own repeats of it in mind."""
    if run.status in LIVE:
        return "live"
    if run.status is not dg.DagsterRunStatus.FAILURE:
        return "ended"
    if run.tags.get(WILL_RETRY_TAG) != "false":
        return "live" if ended_seconds_ago < RETRY_PATIENCE_SECONDS else "ended"
    # A step that fails ends its task itself (step.py). One that could not, because a database was away, has not
    # been repeated yet.
    return "ended" if run.tags.get(REASON_TAG) == "STEP_FAILURE" else "lost"


def decide(task: Task, newest: Standing | None) -> Decision:
    """What an open task needs, given how the newest run of its present start stands (None: there is none)."""
    if newest == "live":
        return "leave"
    if task.starts - task.waits >= MAX_STARTS or (task.state == "processing" and newest == "lost"):
        return "give_up"
    return "start"


@dg.sensor(
    jobs=[*jobs.JOBS.values()],
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts accepted work that nobody has started, and ends tasks whose runs were lost for good.",
)
def start_unattended_tasks(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    live = context.instance.get_run_records(dg.RunsFilter(statuses=LIVE))
    starts = {_start_of(record.dagster_run) for record in live}
    unattended = list(islice(claim_unattended(context.instance, starts), STARTS_A_TICK))
    fail_stranded(context.instance, live)
    cursor = resend(context.instance, live, json.loads(context.cursor or "{}"))
    return run_requests.sensor_result(unattended, cursor=json.dumps(cursor))


def _start_of(run: dg.DagsterRun) -> tuple[str, str]:
    return run.tags.get(dagster_client.TASK_TAG, ""), run.tags.get(dagster_client.START_TAG, "")


def claim_unattended(instance: dg.DagsterInstance, live: set[tuple[str, str]]) -> Iterator[Task]:
    """Tasks that need a run, each with the right to start it taken."""
    with transaction() as session:
        candidates = tasks.unattended(session)
        held = executions.claimed_subjects(session)
    for task in candidates:
        if (task.id, str(task.starts)) in live or tasks.subject(task.subject_kind, task.subject_key) in held:
            continue
        decision = decide(task, _newest_standing(instance, task))
        with transaction() as session:
            if decision == "give_up":
                tasks.fail(session, task.id, tasks.LOST)
            if decision != "start" or not tasks.reserve_start(session, task):
                continue
        yield task


def _newest_standing(instance: dg.DagsterInstance, task: Task) -> Standing | None:
    mine = dg.RunsFilter(tags={dagster_client.TASK_TAG: task.id, dagster_client.START_TAG: str(task.starts)})
    records = instance.get_run_records(mine, limit=1)
    return standing(records[0].dagster_run, time() - (records[0].end_time or 0)) if records else None


def fail_stranded(instance: dg.DagsterInstance, live: Sequence[dg.RunRecord]) -> None:
    """Fail runs that died before they started, so that Dagster repeats them; its own monitoring waits a day.

    Either the webserver died between making the run and submitting it, or the worker between beginning the run
    and its first event.
    """
    unsubmitted = [
        record.dagster_run
        for record in live
        if record.dagster_run.status is dg.DagsterRunStatus.NOT_STARTED
        and dagster_client.TASK_TAG in record.dagster_run.tags
        and time() - record.create_timestamp.timestamp() > SUBMITTED_WITHIN_SECONDS
    ]
    starting = {
        record.dagster_run.run_id: record.dagster_run
        for record in live
        if record.dagster_run.status is dg.DagsterRunStatus.STARTING
    }
    with transaction() as session:
        dead = executions.mark_dead(session, starting) if starting else set()
    for run in unsubmitted + [starting[run_id] for run_id in dead]:
        instance.report_run_failed(run, "It died before it started.")


def resend(instance: dg.DagsterInstance, live: Sequence[dg.RunRecord], sent: Mapping[str, float]) -> dict[str, float]:
    """Send runs again that wait long for a worker to begin them. Returns when each was sent last.

    A message can be lost with a broker that died within a second of taking it. A run that merely waits
    for a free slot is sent twice; the second copy does nothing (executions.begin).
    """
    launcher = instance.run_launcher
    assert isinstance(launcher, CeleryRunLauncher)
    starting = [record for record in live if record.dagster_run.status is dg.DagsterRunStatus.STARTING]
    with transaction() as session:
        begun = (
            executions.begun_runs(session, [record.dagster_run.run_id for record in starting]) if starting else set()
        )
    kept = {}
    for record in starting:
        run = record.dagster_run
        last = sent.get(run.run_id, record.update_timestamp.timestamp())
        if run.run_id not in begun and time() - last > RESEND_AFTER_SECONDS:
            launcher.send(run)
            last = time()
        kept[run.run_id] = last
    return kept
