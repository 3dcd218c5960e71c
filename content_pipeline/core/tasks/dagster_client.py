"""Client of Dagster's GraphQL API: launches and cancels runs.

Launching and canceling never raise when Dagster or the database is unreachable: accepted tasks stay `queued`, and a
sensor (`sensors/tasks.py`) launches them later.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

import httpx
import structlog
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure.database import UNREACHABLE, transaction
from content_pipeline.core.models import Task, Workspace
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import kinds, leases, run_labels

log = structlog.get_logger()

LOCATION: Final = "content_pipeline"
REPOSITORY: Final = {"repositoryLocationName": LOCATION, "repositoryName": "__repository__"}

# Tags of runs. Dagster's pages hide what begins with `dagster/`: only programs read it.
TASK_TAG: Final = "dagster/task_id"
START_TAG: Final = "dagster/task_start"
PARENT_TAG: Final = "dagster/parent_task"
KIND_TAG: Final = "dagster/task_kind"
QUEUE_TAG: Final = "dagster/queue"
PRIORITY_TAG: Final = "dagster/priority"
PARTITION_TAG: Final = "dagster/partition"
# Dagster's own, on a run that repeats one whose worker was lost.
RETRY_TAG: Final = "dagster/retry_number"
# When an operator launched the run, or the one that it repeats (engine/operator_runs.py).
OPERATOR_TAG: Final = "dagster/operator_run"
# The lane of a run that a back-fill launched, and of those that go on with what such a run repairs.
BACK_FILL_TAG: Final = "dagster/back_fill_lane"
# Dagster's pages show its value as "Launched by".
WORKSPACE_TAG: Final = "user"

# Errors that prevent a launch or a cancel for now.
UNAVAILABLE: Final = (httpx.HTTPError, *UNREACHABLE)

_PRIORITIES: Final[dict[Lane, int]] = {"interactive": 10, "io": 5, "media": 0}
# Single tasks, such as a scheduled post, come before the rows of a batch.
_SINGLE_TASK_BONUS: Final = 2
_BACK_FILL_PRIORITY: Final = -10
# A row that was at work when its worker was lost does not wait behind the others of its batch.
_RETRY_BONUS: Final = 1

# Launching a run takes the webserver 30 ms, 150 ms while renders use the cores; more per request block other requests.
STARTS_AT_ONCE: Final = 10

LIVE_RUNS: Final = """
query LiveRuns($key: String!, $task: String!) {
  runsOrError(filter: {tags: [{key: $key, value: $task}], statuses: [QUEUED, NOT_STARTED, STARTING, STARTED]}) {
    ... on Runs { results { runId } }
  }
}"""

TERMINATE: Final = """
mutation Terminate($run: String!) {
  terminateRun(runId: $run, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) { __typename }
}"""


def concurrency_tag(lane: Lane, plan: str) -> str:
    """The key of the tag that holds the workspace's id; the coordinator limits the running runs per value."""
    return f"dagster/share.{lane}.{plan}"


def serial_tag(kind: str) -> str:
    """The key of the tag that holds the workspace's id on runs of a kind of which it has one at work at a time."""
    return f"dagster/serial.{kind}"


def lane_tags(lane: Lane, *, is_single: bool) -> dict[str, str]:
    """The tags that send a run to a lane; one that is `is_single` goes before the rows of a batch."""
    return {QUEUE_TAG: lane, PRIORITY_TAG: str(_PRIORITIES[lane] + (_SINGLE_TASK_BONUS if is_single else 0))}


def back_fill_lane(lane: Lane) -> Lane:
    """The lane in which a back-fill does the work of this lane: never in that of those who wait for an answer."""
    return "media" if lane == "interactive" else lane


def back_fill_tags(lane: Lane) -> dict[str, str]:
    """The tags of a back-fill's run, which comes after all other work of its lane."""
    return {QUEUE_TAG: lane, BACK_FILL_TAG: lane, PRIORITY_TAG: str(_BACK_FILL_PRIORITY)}


def retry_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags to add to a run with these tags: of a row that repeats a lost run, a higher priority."""
    if not {RETRY_TAG, PARENT_TAG} <= tags.keys():
        return {}
    lane = next((lane for lane in _PRIORITIES if lane_tags(lane, is_single=False).items() <= tags.items()), None)
    return _raised(lane) if lane else {}


def _raised(lane: Lane) -> dict[str, str]:
    return {PRIORITY_TAG: str(_PRIORITIES[lane] + _RETRY_BONUS)}


def row_tags(session: Session, workspace_id: UUID, kind: str, key: str, lane: Lane) -> dict[str, str]:
    """The tags of any run in this lane on a row: its workspace, its kind and what it is for."""
    workspace = session.get_one(Workspace, workspace_id)
    return {
        WORKSPACE_TAG: workspace.name,
        concurrency_tag(lane, workspace.plan): str(workspace.id),
        KIND_TAG: kind,
        **({serial_tag(kind): str(workspace.id)} if kinds.KINDS[kind].is_serial else {}),
        **run_labels.of_row(session, kind, key),
    }


def run_tags(task: Task, *, is_urgent: bool = True) -> dict[str, str]:
    """The tags of the task's next run, which queues as the rows of a batch do unless it `is_urgent`.

    Where a back-fill has retried the task, it queues as the back-fill's own run. The tags hold no secrets, and of a
    customer's texts the name of the twin only.
    """
    assert task.lane
    with transaction() as session:
        shared = row_tags(session, task.workspace_id, task.subject_kind, task.subject_key, task.lane)
    if task.in_back_fill:
        lane = back_fill_tags(task.lane)
    else:
        lane = lane_tags(task.lane, is_single=is_urgent and task.parent_id is None)
        # Work on the row has begun, and its run was lost, shut down, or in another lane. A row that has ever waited for
        # a server does not go before the rows of others that have never run.
        if task.parent_id and task.started_at and not task.attempt and not task.waits:
            lane |= _raised(task.lane)
    return {**task_tags(task), **shared, **lane, PARTITION_TAG: task.partition_key}


def task_tags(task: Task) -> dict[str, str]:
    """The tags of a run that works for the present start of a task."""
    own = {TASK_TAG: task.id, START_TAG: str(task.starts)}
    return {**own, PARENT_TAG: task.parent_id} if task.parent_id else own


def launch_document(count: int) -> str:
    """The GraphQL mutation that registers `count` partition keys, each in its set, and queues their runs."""
    additions = [
        f"add{number}: addDynamicPartition(repositorySelector: $selector, partitionsDefName: $set{number},"
        f" partitionKey: $key{number}) {{ __typename }}"
        for number in range(count)
    ]
    keys = "".join(f"$set{number}: String!, $key{number}: String!, " for number in range(count))
    return f"""
mutation Start({keys}$selector: RepositorySelector!, $runs: [ExecutionParams!]!) {{
  {" ".join(additions)}
  launchMultipleRuns(executionParamsList: $runs) {{
    ... on LaunchMultipleRunsResult {{ launchMultipleRunsResult {{ __typename }} }}
  }}
}}"""


def launch_runs(*to_launch: Task) -> None:
    """Register the partition keys of tasks of any kinds and queue their runs, ten per request, in this order."""
    for begin in range(0, len(to_launch), STARTS_AT_ONCE):
        chunk = to_launch[begin : begin + STARTS_AT_ONCE]
        ids = [task.id for task in chunk]
        try:
            results = _launch(chunk)
        except UNAVAILABLE as error:
            log.warning("runs_not_started", task_ids=ids, reason=type(error).__name__)
            return
        if set(results) != {"LaunchRunSuccess"}:
            # Dagster also answers this while its code location is loading.
            log.warning("runs_not_started", task_ids=ids, reason=results)


def _launch(chunk: Sequence[Task]) -> list[str]:
    """Launch these runs in one request. Returns the GraphQL type name of each result."""
    # A batch has reels and avatars. Grouped by kind they would not be launched in the order of their start leases.
    jobs = [kinds.jobs()[task.subject_kind] for task in chunk]
    pairs = [[{"key": key, "value": value} for key, value in run_tags(task).items()] for task in chunk]
    data = execute(
        launch_document(len(chunk)),
        selector=REPOSITORY,
        runs=[
            {"selector": {**REPOSITORY, "jobName": job}, "executionMetadata": {"tags": own}}
            for job, own in zip(jobs, pairs, strict=True)
        ],
        **{f"set{number}": job for number, job in enumerate(jobs)},
        **{f"key{number}": task.partition_key for number, task in enumerate(chunk)},
    )
    started = data["launchMultipleRuns"].get("launchMultipleRunsResult", [])
    return [result["__typename"] for result in started]


def cancel_runs(*canceled: Task) -> None:
    """Terminate the unfinished runs of canceled tasks: fence each off first, then end it in Dagster."""
    try:
        for task in canceled:
            for run_id in _live_runs(task.id):
                with transaction() as session:
                    leases.stop(session, run_id)
                execute(TERMINATE, run=run_id)
    except UNAVAILABLE as error:
        # Such a run ends by itself when it begins, because its task is canceled (step.py).
        log.warning("runs_not_canceled", task_ids=[task.id for task in canceled], reason=type(error).__name__)


def _live_runs(task_id: str) -> list[str]:
    return [run["runId"] for run in execute(LIVE_RUNS, key=TASK_TAG, task=task_id)["runsOrError"]["results"]]


@cache
def client() -> httpx.Client:
    # A launch took 1.2 s with 20 at once on two cores; the sensor repeats those that take longer.
    return httpx.Client(base_url=settings().dagster_url, timeout=httpx.Timeout(10, connect=2))


def execute(document: str, **variables: Any) -> dict[str, Any]:
    """Send one GraphQL request and return its `data`. Raises httpx.HTTPError."""
    answer = client().post("/graphql", json={"query": document, "variables": variables}).raise_for_status().json()
    if not answer.get("data"):
        raise httpx.DecodingError(str(answer.get("errors")))
    data: dict[str, Any] = answer["data"]
    return data
