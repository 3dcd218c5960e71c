"""Dagster client of the demo: materializes partition ranges in single runs, and looks up the run of a task."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from content_pipeline.cli.demo_client import POLL_SECONDS
from content_pipeline.core.errors import InternalError
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import dagster_client

# Dagster's name for the job that materializes any assets.
ANY_ASSETS: Final = "__ASSET_JOB"
# Tags of a run that materializes a range of partitions at once.
_FIRST: Final = "dagster/asset_partition_range_start"
_LAST: Final = "dagster/asset_partition_range_end"

_LAUNCH: Final = """
mutation Launch($run: ExecutionParams!) {
  launchRun(executionParams: $run) { __typename ... on LaunchRunSuccess { run { runId } } }
}"""
_STATE: Final = """
query State($run: ID!, $assets: [AssetKeyInput!]!) {
  runOrError(runId: $run) { ... on Run { status } }
  assetsLatestInfo(assetKeys: $assets) { unstartedRunIds inProgressRunIds }
}"""
_RUNS: Final = """
query Runs($key: String!, $task: String!) {
  runsOrError(filter: {tags: [{key: $key, value: $task}]}, limit: 1) { ... on Runs { results { runId } } }
}"""


def materialize(job: str, assets: Sequence[Sequence[str]], first: str, last: str) -> None:
    """Materialize assets for the partitions from `first` to `last` in one run, and wait until it has ended.

    Raises InternalError when it fails, httpx.HTTPError.
    """
    tags = {_FIRST: first, _LAST: last, **dagster_client.lane_tags("io", is_single=True)}
    run_id = _launch(job, assets, tags)
    while not _has_ended(run_id, assets):
        time.sleep(POLL_SECONDS)


def run_page(task_id: str) -> str:
    """The page of a task's last run."""
    return _page(_query(_RUNS, key=dagster_client.TASK_TAG, task=task_id)["runsOrError"]["results"][0]["runId"])


def _launch(job: str, assets: Sequence[Sequence[str]], tags: Mapping[str, str]) -> str:
    """Launch a run. Returns its id."""
    selector = {
        "repositoryLocationName": dagster_client.LOCATION,
        "repositoryName": "__repository__",
        "jobName": job,
        "assetSelection": _keys(assets),
    }
    pairs = [{"key": key, "value": value} for key, value in tags.items()]
    run = {"selector": selector, "executionMetadata": {"tags": pairs}}
    launched = _query(_LAUNCH, run=run)["launchRun"]
    if "run" not in launched:
        raise InternalError(f"Dagster did not launch {job}: {launched['__typename']}.")
    run_id: str = launched["run"]["runId"]
    return run_id


def _has_ended(run_id: str, assets: Sequence[Sequence[str]]) -> bool:
    """Whether the run has ended, and every other one that works on these assets.

    Dagster's automation may launch the same: the one that comes second ends at once, and leaves the work to the first.
    """
    found = _query(_STATE, run=run_id, assets=_keys(assets))
    status = found["runOrError"]["status"]
    if status in ("FAILURE", "CANCELED"):
        raise InternalError("A run that reads or derives figures has failed.", remedy=f"See {_page(run_id)}")
    working = (asset["unstartedRunIds"] + asset["inProgressRunIds"] for asset in found["assetsLatestInfo"])
    return status == "SUCCESS" and not any(working)


def _keys(assets: Sequence[Sequence[str]]) -> Sequence[dict[str, Sequence[str]]]:
    return [{"path": path} for path in assets]


def _page(run_id: str) -> str:
    return f"{settings().dagster_url}/runs/{run_id}"


def _query(document: str, **variables: Any) -> dict[str, Any]:
    request = {"query": document, "variables": variables}
    # On a slow machine that also rendered, a launch took more than 10 s.
    answer = httpx.post(f"{settings().dagster_url}/graphql", json=request, timeout=60).raise_for_status()
    data: dict[str, Any] = answer.json()["data"]
    return data
