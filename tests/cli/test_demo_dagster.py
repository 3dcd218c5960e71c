"""How the demo fills partitions: by one run in Dagster, and by whichever run of the automation came first."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from content_pipeline.cli import demo_dagster
from content_pipeline.core.errors import InternalError
from content_pipeline.core.settings import settings

ASSETS = [["daily_metrics"]]


@pytest.fixture
def dagster(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    with HTTPServer() as server:
        monkeypatch.setattr(settings(), "dagster_url", server.url_for("").rstrip("/"))
        monkeypatch.setattr(demo_dagster, "POLL_SECONDS", 0)
        yield server


def answer(server: HTTPServer, **data: Any) -> None:
    server.expect_ordered_request("/graphql").respond_with_json({"data": data})


def answer_state(server: HTTPServer, status: str, *in_progress: str) -> None:
    asset = {"unstartedRunIds": [], "inProgressRunIds": list(in_progress)}
    answer(server, runOrError={"status": status}, assetsLatestInfo=[asset])


def test_a_range_is_one_run_and_it_is_waited_for_all_that_work_on_the_assets(dagster: HTTPServer) -> None:
    answer(dagster, launchRun={"__typename": "LaunchRunSuccess", "run": {"runId": "1"}})
    answer_state(dagster, "STARTED", "1")
    answer_state(dagster, "SUCCESS", "2")
    answer_state(dagster, "SUCCESS")
    demo_dagster.materialize("days", ASSETS, "2026-11-01", "2026-11-30")
    dagster.check_assertions()
    assert len(dagster.log) == 4
    launched = json.loads(dagster.log[0][0].data)["variables"]["run"]
    tags = {tag["key"]: tag["value"] for tag in launched["executionMetadata"]["tags"]}
    assert tags["dagster/asset_partition_range_start"] == "2026-11-01"
    assert tags["dagster/asset_partition_range_end"] == "2026-11-30"
    assert tags["dagster/queue"] == "io"


@pytest.mark.slow
def test_a_failed_run_ends_the_demo_with_the_address_of_its_page(dagster: HTTPServer) -> None:
    answer(dagster, launchRun={"__typename": "LaunchRunSuccess", "run": {"runId": "1"}})
    answer_state(dagster, "FAILURE")
    with pytest.raises(InternalError) as failed:
        demo_dagster.materialize("days", ASSETS, "2026-11-01", "2026-11-30")
    assert failed.value.remedy.endswith("/runs/1")


@pytest.mark.slow
def test_a_refused_launch_ends_the_demo(dagster: HTTPServer) -> None:
    answer(dagster, launchRun={"__typename": "PythonError"})
    with pytest.raises(InternalError, match="PythonError"):
        demo_dagster.materialize("days", ASSETS, "2026-11-01", "2026-11-30")
