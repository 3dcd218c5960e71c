"""The door to Dagster: starts and cancels runs over its GraphQL API, with httpx and five short documents.

Nothing here raises when Dagster is away, or the database by now: what was accepted stays `queued`, and the
safety net (`sensors/tasks.py`) starts it later.
"""

from functools import cache
from typing import Any, Final

import httpx
import structlog

from content_pipeline.core import executions, workspaces
from content_pipeline.core.database import UNREACHABLE, transaction
from content_pipeline.core.models import Task
from content_pipeline.core.settings import Lane, settings

log = structlog.get_logger()

LOCATION: Final = "content_pipeline"

# Each kind of task: the job that works on its row, which is also the name of the set of partition keys.
JOBS: Final = {"caption": "captions", "burn_in": "burn_ins"}

TASK_TAG: Final = "task_id"
START_TAG: Final = "task_start"
WORKSPACE_TAG: Final = "workspace"
QUEUE_TAG: Final = "dagster-celery/queue"
PRIORITY_TAG: Final = "dagster/priority"
PARTITION_TAG: Final = "dagster/partition"

# What keeps a run from being started or canceled now.
AWAY: Final = (httpx.HTTPError, *UNREACHABLE)

_PRIORITIES: Final[dict[Lane, str]] = {"interactive": "10", "io": "5", "media": "0"}

START: Final = """
mutation Start($selector: RepositorySelector!, $set: String!, $key: String!, $run: ExecutionParams!) {
  addDynamicPartition(repositorySelector: $selector, partitionsDefName: $set, partitionKey: $key) { __typename }
  launchRun(executionParams: $run) {
    __typename
    ... on PythonError { message }
  }
}"""

LIVE_RUNS: Final = """
query LiveRuns($task: String!) {
  runsOrError(filter: {tags: [{key: "task_id", value: $task}], statuses: [QUEUED, NOT_STARTED, STARTING, STARTED]}) {
    ... on Runs { results { runId } }
  }
}"""

TERMINATE: Final = """
mutation Terminate($run: String!) {
  terminateRun(runId: $run, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) { __typename }
}"""

HEALTH: Final = """
query Health {
  instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } }
  workspaceOrError { ... on Workspace { locationEntries { loadStatus locationOrLoadError { __typename } } } }
}"""


def share_tag(lane: Lane, plan: str) -> str:
    """The tag whose value is the workspace; the coordinator limits how many runs of one value are at work."""
    return f"{lane}_share/{plan}"


def tags(task: Task) -> dict[str, str]:
    """What the next run of this task is tagged with. Nothing secret, and no text of the customer's."""
    workspace = str(task.workspace_id)
    with transaction() as session:
        plan = workspaces.plan_of(session, task.workspace_id)
    return {
        TASK_TAG: task.id,
        START_TAG: str(task.starts),
        WORKSPACE_TAG: workspace,
        share_tag(task.lane, plan.name): workspace,
        "kind": task.subject_kind,
        QUEUE_TAG: task.lane,
        PRIORITY_TAG: _PRIORITIES[task.lane],
        PARTITION_TAG: task.subject_key,
    }


def start(task: Task) -> None:
    """Register the task's key and queue its run, in one request."""
    job = JOBS[task.subject_kind]
    repository = {"repositoryLocationName": LOCATION, "repositoryName": "__repository__"}
    try:
        pairs = [{"key": key, "value": value} for key, value in tags(task).items()]
        run = {"selector": {**repository, "jobName": job}, "executionMetadata": {"tags": pairs}}
        data = _ask(START, selector=repository, set=job, key=task.subject_key, run=run)
    except AWAY as error:
        log.warning("run_not_started", task_id=task.id, reason=type(error).__name__)
        return
    if data["launchRun"]["__typename"] != "LaunchRunSuccess":
        # Also what Dagster says while its code location is still loading.
        log.warning("run_not_started", task_id=task.id, reason=data["launchRun"]["__typename"])


def cancel(task: Task) -> None:
    """End whatever runs of a canceled task Dagster still holds: first the fence, then the run."""
    try:
        for run in _ask(LIVE_RUNS, task=task.id)["runsOrError"]["results"]:
            with transaction() as session:
                executions.stop(session, run["runId"])
            _ask(TERMINATE, run=run["runId"])
    except AWAY as error:
        # Such a run finds its task canceled when it begins, and ends (step.py).
        log.warning("run_not_canceled", task_id=task.id, reason=type(error).__name__)


def is_ready() -> bool:
    """Whether Dagster answers, its daemons are healthy and our code is loaded."""
    try:
        data = _ask(HEALTH)
    except httpx.HTTPError:
        return False
    daemons = data["instance"]["daemonHealth"]["allDaemonStatuses"]
    entries = data["workspaceOrError"].get("locationEntries", [])
    return all(daemon["healthy"] for daemon in daemons if daemon["required"]) and any(
        (entry["locationOrLoadError"] or {}).get("__typename") == "RepositoryLocation" for entry in entries
    )


@cache
def _client() -> httpx.Client:
    # A launch took 1.2 s with 20 at once on two cores; what takes longer is left to the safety net.
    return httpx.Client(base_url=settings().dagster_url, timeout=httpx.Timeout(10, connect=2))


def _ask(document: str, **variables: Any) -> dict[str, Any]:
    answer = _client().post("/graphql", json={"query": document, "variables": variables}).raise_for_status().json()
    if not answer.get("data"):
        raise httpx.DecodingError(str(answer.get("errors")))
    data: dict[str, Any] = answer["data"]
    return data
