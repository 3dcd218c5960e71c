"""The safety net under every request: starts what nobody started, sends again what got lost on its way to a
worker, and ends tasks whose run ended without saying so.

What to do is decided by `decide`, from plain values; the sensor around it reads and acts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from time import time  # noqa: TID251 - compared with Dagster's own stamps, which know no business clock
from typing import Final, Literal

import dagster as dg

from content_pipeline import jobs, partitions
from content_pipeline.core import executions, runs, tasks
from content_pipeline.core.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.launcher import CeleryRunLauncher

LIVE: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
# Dagster marks a failed run that its own run retries will start again.
WILL_RETRY_TAG: Final = "dagster/will_retry"
# The run retries daemon acts within seconds; a mark older than this is one it will not act on any more.
RETRY_PATIENCE_SECONDS: Final = 60.0
# Also counts moves between lanes and back-offs, which are few; whoever comes this far is caught in a circle.
MAX_STARTS: Final = 20
RESEND_AFTER_SECONDS: Final = 60.0

Decision = Literal["start", "give_up", "leave"]


def decide(task: Task, newest: dg.DagsterRunStatus | None, *, will_retry: bool) -> Decision:
    """What an open task without a live run of its own needs, given how its newest run stands."""
    if newest in LIVE or will_retry:
        return "leave"
    if task.starts >= MAX_STARTS:
        return "give_up"
    if task.state == "processing" and newest is dg.DagsterRunStatus.FAILURE:
        return "give_up"
    return "start"


@dg.sensor(
    jobs=jobs.JOBS,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts accepted work that nobody has started, and ends tasks whose runs were lost for good.",
)
def start_unattended_tasks(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    live = context.instance.get_run_records(dg.RunsFilter(statuses=LIVE))
    requests = list(_start_requests(context.instance, {_start_of(record.dagster_run) for record in live}))
    cursor = _send_again(context.instance, live, json.loads(context.cursor or "{}"))
    return dg.SensorResult(
        run_requests=requests,
        dynamic_partitions_requests=[
            partitions.SETS[request.job_name].build_add_request([request.partition_key])
            for request in requests
            if request.job_name and request.partition_key
        ],
        cursor=json.dumps(cursor),
    )


def _start_of(run: dg.DagsterRun) -> tuple[str, str]:
    return run.tags.get(runs.TASK_TAG, ""), run.tags.get(runs.START_TAG, "")


def _start_requests(instance: dg.DagsterInstance, live: set[tuple[str, str]]) -> Iterator[dg.RunRequest]:
    with transaction() as session:
        candidates = tasks.unattended(session)
    for task in candidates:
        if (task.id, str(task.starts)) in live:
            continue
        newest, will_retry = _newest_run(instance, task)
        decision = decide(task, newest, will_retry=will_retry)
        with transaction() as session:
            if decision == "give_up":
                tasks.fail(session, task.id, tasks.LOST)
            if decision != "start" or not tasks.start(session, task):
                continue
        yield dg.RunRequest(job_name=runs.JOBS[task.subject_kind], partition_key=task.subject_key, tags=runs.tags(task))


def _newest_run(instance: dg.DagsterInstance, task: Task) -> tuple[dg.DagsterRunStatus | None, bool]:
    """The state of the newest run of the task's present start, and whether Dagster will repeat it by itself."""
    mine = dg.RunsFilter(tags={runs.TASK_TAG: task.id, runs.START_TAG: str(task.starts)})
    records = instance.get_run_records(mine, limit=1)
    if not records:
        return None, False
    run = records[0].dagster_run
    fresh = time() - (records[0].end_time or 0) < RETRY_PATIENCE_SECONDS
    return run.status, fresh and run.tags.get(WILL_RETRY_TAG) == "true"


def _send_again(
    instance: dg.DagsterInstance, live: Sequence[dg.RunRecord], sent: Mapping[str, float]
) -> dict[str, float]:
    """Send runs again that wait long for a worker to begin them. Returns when each was sent last.

    A message can be lost with a broker that died within a second of taking it. A run that merely waits
    for a free slot is sent twice; the second copy does nothing (executions.begin).
    """
    launcher = instance.run_launcher
    assert isinstance(launcher, CeleryRunLauncher)
    starting = [record for record in live if record.dagster_run.status is dg.DagsterRunStatus.STARTING]
    with transaction() as session:
        begun = executions.begun(session, [record.dagster_run.run_id for record in starting]) if starting else set()
    kept = {}
    for record in starting:
        run = record.dagster_run
        last = sent.get(run.run_id, record.update_timestamp.timestamp())
        if run.run_id not in begun and time() - last > RESEND_AFTER_SECONDS:
            launcher.send(run)
            last = time()
        kept[run.run_id] = last
    return kept
