"""The sensor that asks platforms about posts that they are at work on."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import dagster as dg
import pytest

from content_pipeline.sensors.providers import ask_platforms
from tests.core import posting
from tests.core.posting import Stage, newest


@pytest.fixture
def stage(workspace_id: UUID, tmp_path: Path) -> Iterator[Stage]:
    with posting.stage(workspace_id, tmp_path) as stage:
        yield stage


def tick() -> dg.SensorResult:
    result = ask_platforms(dg.build_sensor_context())
    assert isinstance(result, dg.SensorResult)
    return result


def test_a_post_that_its_platform_is_done_with_gets_a_run(stage: Stage) -> None:
    stage.platform.slow = {"prepare": 30}
    key = stage.post(stage.account())
    stage.run(key)
    posting.pass_by(seconds=10)
    assert tick().run_requests == []
    posting.pass_by(seconds=60)
    (request,) = tick().run_requests or []
    assert (request.job_name, request.partition_key) == ("publications", key)
    assert request.tags["task_start"] == str(newest(key).starts) == "2"
    posting.pass_by(seconds=60)
    assert tick().run_requests == [], "it is asked about no more, and its run is not overtaken"
    stage.run(key)
    assert newest(key).state == "done"
