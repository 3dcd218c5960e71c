"""The commands of operators on a whole stack."""

import json
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.media.samples import CLIPS
from tests.polling import until
from tests.stack.client import Client
from tests.stack.conftest import METRICS_TOKEN
from tests.stack.harness import Stack


def keys_of(stack: Stack, row_id: str) -> list[str]:
    """The partition keys in Dagster that end with the id of a row."""
    query = """{ assetNodeOrError(assetKey: {path: ["captions"]}) {
      ... on AssetNode { partitionKeys } } }"""
    keys: list[str] = stack.graphql(query)["assetNodeOrError"]["partitionKeys"]
    return [key for key in keys if key.endswith(row_id)]


@pytest.mark.smoke
def test_a_doctor_finds_nothing_wrong_with_a_stack_that_runs(stack: Stack) -> None:
    done = stack.run("doctor", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    for subject in (
        "API",
        "database",
        "bucket",
        "workers",
        "Dagster",
        "sensors and schedules",
        "speech model",
        "voices",
    ):
        assert f"✓ {subject}" in done.stdout


@pytest.mark.smoke
def test_the_metrics_tell_of_every_service_and_of_both_databases(stack: Stack) -> None:
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    text = httpx.get(f"{stack.url}/metrics", headers=headers, timeout=30).raise_for_status().text
    found = {
        (sample.name.removeprefix("content_pipeline_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    for service, members in stack.services().items():
        if members:
            assert found["processes", service] > 0
            assert found["process_memory_bytes", service] > 1e6
            assert found["process_open_files", "socket", service] > 0
    assert found["table_rows", "dagster", "runs"] >= 0
    assert found["table_rows", "content", "tasks"] >= 0
    assert found["folder_bytes", "objects"] > 0
    assert found["failed_readings",] == 0


def test_dagsters_own_command_knows_the_stack(stack: Stack, client: Client) -> None:
    accepted = client.caption(CLIPS[0])
    client.wait_for_task(accepted["task_id"])
    (run, *_) = stack.runs(accepted["task_id"])
    assert run["runId"] in stack.run("dagster", "run", "list", "--limit", "20").stdout
    assert "dagster run list [OPTIONS]" in stack.run("dagster", "run", "list", "--help").stdout


def test_dagsters_command_for_projects_does_with_the_environment_of_the_stack(stack: Stack) -> None:
    assert "All definitions loaded successfully." in stack.run("dg", "check", "defs").stdout
    listed = json.loads(stack.run("dg", "list", "defs", "--json").stdout)
    assert "reel_video" in {asset["asset_key"] for asset in listed["assets"]}


def test_a_task_is_canceled_and_retried_by_the_operator(stack: Stack, client: Client) -> None:
    batch = client.batch("This goes on for a while, so that there is something to cancel. " * 12)
    (job,) = client.jobs(batch["batch_id"])
    stack.run("tasks", "cancel", job["task_id"])
    assert client.wait_for_task(job["task_id"])["error"]["code"] == "canceled"
    assert job["task_id"] in stack.run("tasks", "list", "--status", "error").stdout
    again = stack.run("tasks", "retry", job["task_id"]).stdout.strip()
    client.wait_for_progress(again)
    stack.run("tasks", "cancel", again)


def test_a_deleted_workspace_leaves_nothing_but_others_untouched(stack: Stack, client: Client) -> None:
    kept = client.caption(CLIPS[0])
    name = f"test-{uuid4()}"
    with stack.client(name) as other:
        accepted = other.caption(CLIPS[0])
        other.wait_for_task(accepted["task_id"])
        stack.materialized("captions", [accepted["caption_id"]])
        assert keys_of(stack, accepted["caption_id"])
        # Refused as long as a run has not ended in Dagster, and then to be repeated.
        until(
            lambda: stack.run("workspaces", "delete", name, "--yes", check=False).returncode == 0,
            seconds=120,
            what="the deletion of a workspace",
        )
        until(lambda: other.http.get("/tasks").status_code == 401, seconds=30, what="a key that does not work")
    assert keys_of(stack, accepted["caption_id"]) == []
    assert stack.runs(accepted["task_id"]) == []
    assert stack.sql("select from workspaces where name = :name", name=name) == []
    client.wait_for_task(kept["task_id"])
    stack.materialized("captions", [kept["caption_id"]])
    assert keys_of(stack, kept["caption_id"])
