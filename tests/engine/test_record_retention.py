"""Retention of Dagster's records: what one run deletes, and when it leaves the rest to the next."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import dagster as dg
import pytest
import yaml
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster._utils.error import SerializableErrorInfo

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.operations.maintenance import partition_key_retirement
from content_pipeline.core.tasks import dagster_client, tasks
from content_pipeline.engine import record_deletion, record_retention
from tests.core.operations.maintenance.ended_tasks import ended
from tests.engine import back_fills


def register(instance: dg.DagsterInstance, *rows: str) -> None:
    """Add these keys of captions, the only ones."""
    for key in instance.get_dynamic_partitions("captions"):
        instance.delete_dynamic_partition("captions", key)
    instance.add_dynamic_partitions("captions", rows)
    for key in rows:
        run = dg.DagsterRun(
            job_name="captions", status=dg.DagsterRunStatus.SUCCESS, tags={dagster_client.PARTITION_TAG: key}
        )
        instance.add_run(run)


def ticked(instance: dg.DagsterInstance, status: TickStatus) -> InstigatorState:
    """The state of a new sensor that has ticked now, and the tick has ended so."""
    place = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("content_pipeline"), "__repository__")
    origin = RemoteInstigatorOrigin(place, f"sensor-{uuid4()}")
    state = InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING, SensorInstigatorData())
    instance.add_instigator_state(state)
    tick = TickData(
        origin.get_id(),
        origin.instigator_name,
        InstigatorType.SENSOR,
        status,
        now().timestamp(),
        run_ids=[],
        error=SerializableErrorInfo("failed", [], None) if status is TickStatus.FAILURE else None,
        selector_id=state.selector_id,
    )
    instance.create_tick(tick)
    return state


@pytest.mark.slow
def test_old_keys_go_with_their_runs(kept_instance: dg.DagsterInstance, workspace_id: UUID) -> None:
    old, young = ended(workspace_id, days_ago=91), ended(workspace_id, days_ago=89)
    register(kept_instance, old, young)
    assert record_retention.delete_old_records(kept_instance, [])["keys"] == 1
    assert kept_instance.get_dynamic_partitions("captions") == [young]
    runs = [kept_instance.get_runs(dg.RunsFilter(tags={dagster_client.PARTITION_TAG: key})) for key in (old, young)]
    assert [len(found) for found in runs] == [0, 1]


def test_a_key_that_is_requested_while_it_is_deleted_is_registered_again(
    kept_instance: dg.DagsterInstance, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ended(workspace_id, days_ago=91)
    register(kept_instance, old)
    delete = record_deletion.delete_keys

    def request_and_delete(instance: dg.DagsterInstance, key_set: str, keys: list[str]) -> list[str]:
        with transaction() as session:
            tasks.create(session, workspace_id=workspace_id, kind="caption", key=old, lane="media")
        return delete(instance, key_set, keys)

    monkeypatch.setattr(record_deletion, "delete_keys", request_and_delete)
    assert record_retention.delete_old_records(kept_instance, [])["keys"] == 0
    assert kept_instance.get_dynamic_partitions("captions") == [old]


def test_a_chunk_that_cannot_be_deleted_does_not_stop_the_others(
    kept_instance: dg.DagsterInstance, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [ended(workspace_id, days_ago=days) for days in (93, 92)]
    register(kept_instance, *rows)
    delete = record_deletion.delete_keys

    def delete_others(instance: dg.DagsterInstance, key_set: str, keys: list[str]) -> list[str]:
        if rows[0] in keys:
            raise RuntimeError("cannot be deleted")
        return delete(instance, key_set, keys)

    monkeypatch.setattr(record_retention, "CHUNK", 1)
    monkeypatch.setattr(record_deletion, "delete_keys", delete_others)
    assert record_retention.delete_old_records(kept_instance, [])["keys"] == 1
    assert kept_instance.get_dynamic_partitions("captions") == [rows[0]]


@pytest.fixture
def waiting(kept_instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterRun]:
    """A run of the same lane that waits for a worker; a chunk is one key."""
    monkeypatch.setattr(record_retention, "CHUNK", 1)
    monkeypatch.setattr(record_retention, "WAITING_SECONDS", -60.0)  # as if a minute had passed
    run = dg.DagsterRun(
        job_name="publications", status=dg.DagsterRunStatus.STARTING, tags={dagster_client.QUEUE_TAG: "io"}
    )
    kept_instance.add_run(run)
    yield run
    kept_instance.delete_run(run.run_id)


def test_a_run_deletes_for_some_time_though_others_wait_for_its_worker(
    kept_instance: dg.DagsterInstance, workspace_id: UUID, waiting: dg.DagsterRun
) -> None:
    register(kept_instance, *(ended(workspace_id, days_ago=days) for days in (93, 92, 91)))
    record_retention.delete_old_records(kept_instance, [])
    assert kept_instance.get_dynamic_partitions("captions") == []


def test_a_run_ends_after_that_time_with_a_chunk_when_others_wait_for_its_worker(
    kept_instance: dg.DagsterInstance, workspace_id: UUID, waiting: dg.DagsterRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(kept_instance, *(ended(workspace_id, days_ago=days) for days in (93, 92, 91)))
    monkeypatch.setattr(record_retention, "LEAST_SECONDS", 0.0)
    assert sum(record_retention.delete_old_records(kept_instance, []).values()) == 1
    kept_instance.report_run_canceled(waiting)
    assert record_retention.delete_old_records(kept_instance, [])["keys"] >= 2
    assert kept_instance.get_dynamic_partitions("captions") == []


def test_frequent_runs_are_kept_for_a_week(kept_instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    job = f"frequent-{uuid4()}"
    kept_instance.add_run(dg.DagsterRun(job_name=job, status=dg.DagsterRunStatus.SUCCESS))
    filters = dg.RunsFilter(job_name=job)
    today = now()
    record_retention.delete_old_records(kept_instance, [job])
    assert kept_instance.get_runs_count(filters) == 1
    monkeypatch.setattr(record_retention, "real_now", lambda: today + timedelta(days=8))
    record_retention.delete_old_records(kept_instance, [job])
    assert kept_instance.get_runs_count(filters) == 0


def test_runs_are_as_old_as_dagster_says_where_the_clock_is_moved(
    kept_instance: dg.DagsterInstance, moved_clock: None
) -> None:
    job = f"frequent-{uuid4()}"
    frequent = kept_instance.add_run(dg.DagsterRun(job_name=job, status=dg.DagsterRunStatus.SUCCESS))
    other = kept_instance.add_run(dg.DagsterRun(job_name="__ASSET_JOB", status=dg.DagsterRunStatus.FAILURE))
    record_retention.delete_old_records(kept_instance, [job])
    assert [kept_instance.has_run(run.run_id) for run in (frequent, other)] == [True, True]


def test_other_runs_are_kept_as_long_as_keys(
    kept_instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = kept_instance.add_run(dg.DagsterRun(job_name="__ASSET_JOB", status=dg.DagsterRunStatus.FAILURE))
    today = now()
    for days, is_kept in ((-1, True), (1, False)):
        at = today + partition_key_retirement.KEPT + timedelta(days=days)
        monkeypatch.setattr(record_retention, "real_now", lambda at=at: at)
        record_retention.delete_old_records(kept_instance, [])
        assert kept_instance.has_run(run.run_id) is is_kept


def test_events_without_a_run_are_kept_as_long_as_runs(
    kept_instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = dg.AssetKey([f"reported-{uuid4()}"])
    for _ in range(2):
        kept_instance.report_runless_asset_event(dg.AssetMaterialization(asset))
    today = now()
    for days, kept in ((-1, 2), (1, 1)):
        at = today + partition_key_retirement.KEPT + timedelta(days=days)
        monkeypatch.setattr(record_retention, "real_now", lambda at=at: at)
        record_retention.delete_old_records(kept_instance, [])
        assert len(kept_instance.fetch_materializations(asset, limit=9).records) == kept


def test_back_fills_are_kept_as_long_as_runs(kept_instance: dg.DagsterInstance) -> None:
    old, young = (
        back_fills.launched(kept_instance, days_ago=partition_key_retirement.KEPT.days + more) for more in (1, -1)
    )
    assert record_retention.delete_old_records(kept_instance, [])["back_fills"] == 1
    assert [back_fills.is_kept(kept_instance, back_fill) for back_fill in (old, young)] == [False, True]


@pytest.mark.slow
def test_dagster_deletes_the_ticks_of_schedules_only() -> None:
    configured = yaml.safe_load((ROOT / "dagster.yaml").read_text())["retention"]
    with dg.instance_for_test(overrides={"retention": configured}) as instance:
        days = {kind: set(instance.get_tick_retention_settings(kind).values()) for kind in InstigatorType}
    assert days[InstigatorType.SENSOR] == {-1}
    assert min(days[InstigatorType.SCHEDULE] | days[InstigatorType.AUTO_MATERIALIZE]) > 0


@pytest.mark.slow
@pytest.mark.parametrize(("status", "days"), [("SKIPPED", 1), ("STARTED", 7), ("SUCCESS", 7), ("FAILURE", 30)])
def test_ticks_of_sensors_are_kept_for_some_days(
    kept_instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, status: str, days: int
) -> None:
    sensor = ticked(kept_instance, TickStatus(status))
    today = now()
    for later, kept in ((timedelta(days=days, minutes=-1), 1), (timedelta(days=days, minutes=1), 0)):
        monkeypatch.setattr(record_retention, "real_now", lambda later=later: today + later)
        record_retention.delete_old_records(kept_instance, [])
        assert len(kept_instance.get_ticks(sensor.instigator_origin_id, sensor.selector_id)) == kept


def test_every_status_of_a_tick_has_a_time_to_be_kept() -> None:
    statuses = [status for kept in record_retention.TICKS_KEPT.values() for status in kept]
    assert len(statuses) == len(TickStatus) == len(set(statuses))
