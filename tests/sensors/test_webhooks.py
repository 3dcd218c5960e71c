"""The sensor that starts the run which delivers webhook events."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import dagster as dg
import pytest
from sqlalchemy.orm import Session

from content_pipeline import jobs
from content_pipeline.core.tasks import dagster_client
from content_pipeline.core.webhooks import dispatcher
from content_pipeline.definitions import definitions
from content_pipeline.sensors import webhooks
from content_pipeline.sensors.webhooks import deliver_webhooks
from tests.core.webhooks.registered import happen, register


def tick(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    result = deliver_webhooks(dg.build_sensor_context(instance=instance))
    assert isinstance(result, dg.RunRequest | dg.SkipReason)
    return result


@pytest.fixture
def ephemeral() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def test_a_run_is_started_when_an_event_is_due(
    workspace_id: UUID, ephemeral: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "WATCH_SECONDS", 0.0)
    assert isinstance(tick(ephemeral), dg.SkipReason)
    register(workspace_id)
    happen(workspace_id)
    assert isinstance(tick(ephemeral), dg.RunRequest)


@pytest.mark.slow
def test_an_event_that_comes_during_a_tick_is_seen_in_it(
    workspace_id: UUID, ephemeral: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "WATCH_SECONDS", 60.0)
    looked = threading.Event()
    is_due = dispatcher.is_due

    def look(session: Session) -> bool:
        found = is_due(session)
        looked.set()
        return found

    monkeypatch.setattr(dispatcher, "is_due", look)
    register(workspace_id)
    with ThreadPoolExecutor(1) as daemon:
        ticking = daemon.submit(tick, ephemeral)
        assert looked.wait(10)
        happen(workspace_id)
        assert isinstance(ticking.result(10), dg.RunRequest)


@pytest.mark.parametrize(
    ("status", "starts"), [(dg.DagsterRunStatus.STARTED, False), (dg.DagsterRunStatus.FAILURE, True)]
)
def test_no_second_run_is_started_beside_a_live_one(
    workspace_id: UUID, ephemeral: dg.DagsterInstance, status: dg.DagsterRunStatus, starts: bool
) -> None:
    register(workspace_id)
    happen(workspace_id)
    ephemeral.add_run(dg.DagsterRun(job_name=jobs.WEBHOOKS.name, status=status))
    assert isinstance(tick(ephemeral), dg.RunRequest) is starts


def test_its_runs_go_to_the_io_workers() -> None:
    assert definitions.resolve_job_def(jobs.WEBHOOKS.name).tags[dagster_client.QUEUE_TAG] == "io"
