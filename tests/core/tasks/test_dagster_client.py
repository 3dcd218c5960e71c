"""The Dagster client: what it asks, and what happens when Dagster or the database is unreachable."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from content_pipeline.core.infrastructure import database
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import Task
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import dagster_client, deferral, leases, tasks
from tests.dagster_address import dagster_at


@pytest.fixture
def task(workspace_id: UUID) -> Task:
    with database.transaction() as session:
        return tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media")


@pytest.fixture
def _database_is_away(task: Task, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    database.dispose_engines()
    with monkeypatch.context() as patch:
        patch.setattr(settings(), "database_url", SecretStr("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
        database.discard_engines()
        yield
    database.discard_engines()


@pytest.mark.usefixtures("_database_is_away")
def test_what_was_accepted_stays_accepted_when_the_database_is_away(task: Task) -> None:
    dagster_client.launch_runs(task)
    assert task.state == "queued"


def test_what_was_accepted_stays_accepted_when_dagster_is_away(task: Task) -> None:
    with dagster_at("http://127.0.0.1:1"):
        dagster_client.launch_runs(task)
        dagster_client.cancel_runs(task)
    assert task.state == "queued"


def test_the_next_run_of_a_row_that_was_at_work_goes_before_the_rows_that_wait(workspace_id: UUID) -> None:
    with database.transaction() as session:
        batch = tasks.create(session, workspace_id=workspace_id, kind="batch", key=str(uuid4()), lane=None)
        row, other = (
            tasks.create(session, workspace_id=workspace_id, kind="reel", key=str(uuid4()), lane="media", parent=batch)
            for _ in range(2)
        )
        tasks.mark_processing(session, row.kind, row.key)
        session.refresh(row)
        again, waiting = (int(dagster_client.run_tags(each)[dagster_client.PRIORITY_TAG]) for each in (row, other))
    assert again == waiting + 1


@pytest.mark.parametrize("wait", [{"attempt": 1}, {"attempt": 0, "for_others": True}])
def test_a_row_that_waited_for_a_server_goes_before_no_row_that_has_never_run(
    workspace_id: UUID, wait: dict[str, Any]
) -> None:
    with database.transaction() as session:
        batch = tasks.create(session, workspace_id=workspace_id, kind="batch", key=str(uuid4()), lane=None)
        row = tasks.create(
            session, workspace_id=workspace_id, kind="reel", key=str(uuid4()), lane="media", parent=batch
        )
        usual = dagster_client.run_tags(row)[dagster_client.PRIORITY_TAG]
        tasks.mark_processing(session, row.kind, row.key)
        deferral.defer(session, row.id, not_before=now(), lane="media", **wait)
        session.refresh(row)
        assert dagster_client.run_tags(row)[dagster_client.PRIORITY_TAG] == usual


def test_each_task_of_a_mixed_batch_gets_a_run_of_its_own_job_whose_key_is_in_the_set_of_that_job(
    workspace_id: UUID, httpserver: HTTPServer
) -> None:
    with database.transaction() as session:
        batch = tasks.create(session, workspace_id=workspace_id, kind="batch", key=str(uuid4()), lane=None)
        rows = [
            tasks.create(session, workspace_id=workspace_id, kind=kind, key=str(uuid4()), lane="media", parent=batch)
            for kind in ("reel", "avatar", "reel")
        ]
    requests: list[dict[str, Any]] = []

    def answer(request: Request) -> Response:
        requests.append(request.get_json()["variables"])
        results = [{"__typename": "LaunchRunSuccess"} for _ in requests[-1]["runs"]]
        return Response(json.dumps({"data": {"launchMultipleRuns": {"launchMultipleRunsResult": results}}}))

    httpserver.expect_request("/graphql").respond_with_handler(answer)
    with dagster_at(httpserver.url_for("").rstrip("/")):
        dagster_client.launch_runs(*rows)
    (asked,) = requests
    jobs = ["reels", "avatar_videos", "reels"]
    assert [run["selector"]["jobName"] for run in asked["runs"]] == jobs
    registered = [(asked[f"set{number}"], asked[f"key{number}"]) for number in range(3)]
    assert registered == [(job, row.partition_key) for job, row in zip(jobs, rows, strict=True)]


@pytest.mark.slow
def test_a_cancel_fences_off_the_runs_of_the_task_before_it_ends_them(task: Task) -> None:
    canceled = []

    def answer(request: Request) -> Response:
        variables = request.get_json()["variables"]
        canceled.extend([variables["run"]] if "run" in variables else [])
        results = [{"runId": "one"}] if variables.get("key") == dagster_client.TASK_TAG else []
        return Response(json.dumps({"data": {"runsOrError": {"results": results}}}))

    with HTTPServer() as server:
        server.expect_request("/graphql").respond_with_handler(answer)
        with dagster_at(server.url_for("").rstrip("/")):
            dagster_client.cancel_runs(task)
    assert canceled == ["one"]
    assert leases.begin("one", "media@test") is leases.Begin.CANCELED
