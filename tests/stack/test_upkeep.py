"""What nobody asks for by hand: what is old is deleted from Dagster, and a run that hangs is ended and told of."""

from pathlib import Path

import pytest

from tests.media.samples import SPEECH
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack


@pytest.mark.slow
def test_a_deleted_caption_leaves_nothing_in_dagster(stack: Stack, client: Client) -> None:
    accepted = client.caption(SPEECH)
    assert client.wait_for_task(accepted["task_id"])["status"] == "done"
    assert stack.materialized("captions", [accepted["caption_id"]]) == [1]
    (run,) = stack.runs(accepted["task_id"])
    stack.wait_for_run(run["runId"], "SUCCESS")
    key = stack.partition_key(accepted["caption_id"])
    assert client.http.delete(f"/captions/{accepted['caption_id']}").status_code == 204

    def is_gone() -> bool:
        """A run leaves its work to the next one while it is wanted elsewhere."""
        stack.wait_for_run(stack.launch("retire_records"), "SUCCESS")
        return stack.runs(accepted["task_id"]) == []

    until(is_gone, seconds=120, what="the end of the caption's records")
    query = """query Keys { assetNodeOrError(assetKey: {path: ["captions"]}) { ... on AssetNode { partitionKeys } } }"""
    assert key not in stack.graphql(query)["assetNodeOrError"]["partitionKeys"]


@pytest.mark.slow
def test_a_run_that_takes_too_long_is_ended_and_told_of(stack: Stack, client: Client, long_recording: Path) -> None:
    accepted = client.caption(long_recording)
    assert client.wait_for_task(accepted["task_id"])["status"] == "done"
    key = stack.partition_key(accepted["caption_id"])
    with stack.extra_worker("media", "short_of_time", CONTENT_PIPELINE_MAX_RUNTIME_MEDIA="1"):
        run_id = stack.launch("captions", key, queue="short_of_time")
        stack.wait_for_run(run_id, "FAILURE")
    told = "select last_run_id, logged from failure_counts where code = 'max_runtime_exceeded'"
    until(lambda: stack.sql(told) == [(run_id, 1)], seconds=60, what="the alert")
