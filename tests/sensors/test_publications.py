"""The sensor that polls platforms about posts that they are still processing."""

from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path
from uuid import UUID

import dagster as dg
import pytest

from content_pipeline.core.platforms import transport
from content_pipeline.core.tasks import dagster_client
from content_pipeline.core.tasks.partition_keys import row_id
from content_pipeline.sensors import publications
from content_pipeline.sensors.publications import POLLS_PER_PLATFORM, poll_platforms
from tests.core.publishing import posting
from tests.core.publishing.hanging_platform import HangingServer, hanging_instagram, instagram_post
from tests.core.publishing.posting import Stage, newest
from tests.polling import until


@pytest.fixture
def stage(workspace_id: UUID, tmp_path: Path) -> Iterator[Stage]:
    with posting.stage(workspace_id, tmp_path) as stage:
        yield stage


@pytest.fixture
def instagram(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingServer]:
    """A server that does not answer for several ticks."""
    monkeypatch.setattr(publications, "TICK_SECONDS", 1.0)
    monkeypatch.setattr(transport, "BRIEF_TIMEOUT", transport.TIMEOUT)
    with hanging_instagram() as hanging:
        yield hanging
        hanging.released.set()
        wait(publications.in_flight.values())
    publications.in_flight.clear()


def tick(instance: dg.DagsterInstance | None = None) -> dg.SensorResult:
    result = poll_platforms(dg.build_sensor_context(instance))
    assert isinstance(result, dg.SensorResult)
    return result


@pytest.mark.slow
def test_a_post_that_its_platform_is_done_with_gets_a_run(stage: Stage) -> None:
    stage.platform.processing_seconds = {"prepare": 30}
    key = stage.post(stage.account())
    stage.run(key)
    posting.advance_clock(seconds=10)
    assert tick().run_requests == []
    posting.advance_clock(seconds=60)
    (request,) = tick().run_requests or []
    assert (request.job_name, row_id(request.partition_key or "")) == ("publications", key)
    assert request.tags[dagster_client.START_TAG] == str(newest(key).starts) == "2"
    posting.advance_clock(seconds=60)
    assert tick().run_requests == [], "it is polled no more, and its run is not superseded"
    stage.run(key)
    assert newest(key).state == "done"


@pytest.mark.slow
@pytest.mark.parametrize("is_kept", [True, False])
def test_a_url_that_its_platform_tells_after_the_run_is_recorded_where_the_post_has_its_key_still(
    stage: Stage, is_kept: bool
) -> None:
    stage.platform.url_delay = 600
    key = stage.post(stage.account())
    stage.run(key)
    partition = newest(key).partition_key
    assert posting.publication(key).post_url is None
    posting.advance_clock(minutes=20)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("publications", [partition] if is_kept else [])
        events = tick(instance).asset_events
    url = posting.publication(key).post_url
    assert url
    shown = [(event.asset_key.to_user_string(), event.partition, event.metadata["post"].value) for event in events]
    assert shown == ([("publication", partition, url)] if is_kept else [])


def polled_keys() -> set[str]:
    """The keys of the posts that a later tick resumes."""
    posting.advance_clock(minutes=3)
    return {row_id(request.partition_key or "") for request in tick().run_requests or []}


@pytest.mark.slow
def test_a_platform_that_hangs_delays_no_post_on_another(stage: Stage, instagram: HangingServer) -> None:
    for _ in range(POLLS_PER_PLATFORM + 1):
        instagram_post(stage)
    other = stage.post(stage.account())
    stage.run(other)
    assert until(polled_keys, seconds=30, what="a run") == {other}


@pytest.mark.slow
def test_a_platform_that_hangs_gets_no_more_requests_at_each_tick(stage: Stage, instagram: HangingServer) -> None:
    keys = {instagram_post(stage) for _ in range(POLLS_PER_PLATFORM + 2)}
    for _ in range(3):
        assert not polled_keys()
    assert len(instagram.requested_paths) == len(set(instagram.requested_paths)) == POLLS_PER_PLATFORM
    instagram.released.set()
    resumed: set[str | None] = set()
    until(lambda: resumed.update(polled_keys()) or resumed == keys, seconds=30, what="the runs of all")
