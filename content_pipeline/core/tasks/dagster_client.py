"""The door to Dagster: starts and cancels runs over its GraphQL API, with httpx and a few short documents.

Nothing here raises when Dagster is away, or the database by now: what was accepted stays `queued`, and the
safety net (`sensors/tasks.py`) starts it later.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import httpx
import structlog

from content_pipeline.core.database import UNREACHABLE, transaction
from content_pipeline.core.models import Task
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import executions, kinds
from content_pipeline.core.workspaces import workspaces

log = structlog.get_logger()

LOCATION: Final = "content_pipeline"

TASK_TAG: Final = "task_id"
START_TAG: Final = "task_start"
PARENT_TAG: Final = "parent_task"
WORKSPACE_TAG: Final = "workspace"
QUEUE_TAG: Final = "dagster-celery/queue"
PRIORITY_TAG: Final = "dagster/priority"
PARTITION_TAG: Final = "dagster/partition"

# What keeps a run from being started or canceled now.
UNAVAILABLE: Final = (httpx.HTTPError, *UNREACHABLE)

_PRIORITIES: Final[dict[Lane, int]] = {"interactive": 10, "io": 5, "media": 0}
# What was asked for by itself, like a post that has its time, comes before the rows of a batch.
_ALONE: Final = 2

# More at once keep the webserver from answering others: a start takes it 30 ms, 150 while renders have the cores.
STARTS_AT_ONCE: Final = 10

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


def concurrency_tag(lane: Lane, plan: str) -> str:
    """The tag whose value is the workspace; the coordinator limits how many runs of one value are at work."""
    return f"{lane}_share/{plan}"


def run_tags(task: Task) -> dict[str, str]:
    """What the next run of this task is tagged with. Nothing secret, and no text of the customer's."""
    assert task.lane
    workspace = str(task.workspace_id)
    with transaction() as session:
        plan = workspaces.plan_of(session, task.workspace_id)
    return {
        TASK_TAG: task.id,
        START_TAG: str(task.starts),
        WORKSPACE_TAG: workspace,
        concurrency_tag(task.lane, plan.name): workspace,
        "kind": task.subject_kind,
        QUEUE_TAG: task.lane,
        PRIORITY_TAG: str(_PRIORITIES[task.lane] + (0 if task.parent_id else _ALONE)),
        PARTITION_TAG: task.partition_key,
        **({PARENT_TAG: task.parent_id} if task.parent_id else {}),
    }


def launch_document(count: int) -> str:
    """Registers so many keys and queues their runs."""
    additions = [
        f"add{number}: addDynamicPartition(repositorySelector: $selector, partitionsDefName: $set,"
        f" partitionKey: $key{number}) {{ __typename }}"
        for number in range(count)
    ]
    keys = "".join(f"$key{number}: String!, " for number in range(count))
    return f"""
mutation Start({keys}$selector: RepositorySelector!, $set: String!, $runs: [ExecutionParams!]!) {{
  {" ".join(additions)}
  launchMultipleRuns(executionParamsList: $runs) {{
    ... on LaunchMultipleRunsResult {{ launchMultipleRunsResult {{ __typename }} }}
  }}
}}"""


def launch_runs(*asked: Task) -> None:
    """Register the keys of tasks of one kind and queue their runs, ten in a request."""
    for begin in range(0, len(asked), STARTS_AT_ONCE):
        chunk = asked[begin : begin + STARTS_AT_ONCE]
        ids = [task.id for task in chunk]
        try:
            results = _start(chunk)
        except UNAVAILABLE as error:
            log.warning("runs_not_started", task_ids=ids, reason=type(error).__name__)
            return
        if set(results) != {"LaunchRunSuccess"}:
            # Also what Dagster says while its code location is still loading.
            log.warning("runs_not_started", task_ids=ids, reason=results)


def _start(chunk: Sequence[Task]) -> list[str]:
    """What Dagster says to each."""
    job = kinds.jobs()[chunk[0].subject_kind]
    repository = {"repositoryLocationName": LOCATION, "repositoryName": "__repository__"}
    selector = {**repository, "jobName": job}
    pairs = [[{"key": key, "value": value} for key, value in run_tags(task).items()] for task in chunk]
    data = execute(
        launch_document(len(chunk)),
        selector=repository,
        set=job,
        runs=[{"selector": selector, "executionMetadata": {"tags": own}} for own in pairs],
        **{f"key{number}": task.partition_key for number, task in enumerate(chunk)},
    )
    started = data["launchMultipleRuns"].get("launchMultipleRunsResult", [])
    return [result["__typename"] for result in started]


def cancel_runs(*canceled: Task) -> None:
    """End whatever runs of canceled tasks Dagster still holds: first the fence, then the run."""
    try:
        for task in canceled:
            for run in execute(LIVE_RUNS, task=task.id)["runsOrError"]["results"]:
                with transaction() as session:
                    executions.stop(session, run["runId"])
                execute(TERMINATE, run=run["runId"])
    except UNAVAILABLE as error:
        # Such a run finds its task canceled when it begins, and ends (step.py).
        log.warning("runs_not_canceled", task_ids=[task.id for task in canceled], reason=type(error).__name__)


@cache
def client() -> httpx.Client:
    # A launch took 1.2 s with 20 at once on two cores; what takes longer is left to the safety net.
    return httpx.Client(base_url=settings().dagster_url, timeout=httpx.Timeout(10, connect=2))


def execute(document: str, **variables: Any) -> dict[str, Any]:
    """The data of one GraphQL request. Raises httpx.HTTPError."""
    answer = client().post("/graphql", json={"query": document, "variables": variables}).raise_for_status().json()
    if not answer.get("data"):
        raise httpx.DecodingError(str(answer.get("errors")))
    data: dict[str, Any] = answer["data"]
    return data
