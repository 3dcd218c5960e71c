"""Bulk deletion in Dagster's database: a key goes with all that was recorded of it, and nothing else goes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import dagster as dg
import pytest
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value
from sqlalchemy import text

from content_pipeline.core.infrastructure.clock import now, real_now
from content_pipeline.engine import record_deletion
from content_pipeline.engine.dagster_storage import engine_of
from tests.engine.back_fills import is_kept, launched

pytestmark = pytest.mark.slow

KEYS: Final = dg.DynamicPartitionsDefinition(name="rows_of_this_test")
# Tables that hold something of a run, and how it is found.
OF_RUN: Final = {
    "runs": "run_id = any(:runs)",
    "run_tags": "run_id = any(:runs)",
    "event_logs": "run_id = any(:runs)",
    "asset_check_executions": "run_id = any(:runs)",
    "asset_event_tags": "event_id = any(:events)",
}


@dg.asset(
    partitions_def=KEYS,
    check_specs=[dg.AssetCheckSpec("good", asset="made_row"), dg.AssetCheckSpec("big", asset="made_row")],
)
def made_row() -> Iterator[Any]:
    yield dg.MaterializeResult(data_version=dg.DataVersion("1"))
    yield dg.AssetCheckResult(check_name="good", passed=True)
    yield dg.AssetCheckResult(check_name="big", passed=False)


@dg.asset
def observer(context: dg.AssetExecutionContext) -> None:
    for key in context.run.tags["observed"].split():
        context.log_event(dg.AssetObservation("made_row", partition=key, metadata={"views": 3}))


@pytest.fixture
def keys(kept_instance: dg.DagsterInstance) -> list[str]:
    """Two keys, each with the records of a run."""
    named = [f"2026-11-26-studio-{uuid4()}" for _ in range(2)]
    kept_instance.add_dynamic_partitions(KEYS.name, named)
    for key in named:
        assert dg.materialize([made_row], instance=kept_instance, partition_key=key).success
    return named


def run_ids(instance: dg.DagsterInstance, key: str) -> list[str]:
    return [run.run_id for run in instance.get_runs(dg.RunsFilter(tags={"dagster/partition": key}))]


def query(instance: dg.DagsterInstance, statement: str, **values: Any) -> list[Any]:
    with engine_of(instance).connect() as connection:
        return list(connection.execute(text(statement), values).all())


def records(instance: dg.DagsterInstance, runs: list[str], events: list[int]) -> dict[str, int]:
    """How many rows of these runs and events each table has."""
    return {
        table: query(instance, f"select count(*) from {table} where {found}", runs=runs, events=events)[0][0]
        for table, found in OF_RUN.items()
    }


def events_of(instance: dg.DagsterInstance, runs: list[str]) -> list[int]:
    return [row.id for row in query(instance, "select id from event_logs where run_id = any(:runs)", runs=runs)]


def test_a_key_goes_with_its_runs_their_events_tags_and_checks(
    kept_instance: dg.DagsterInstance, keys: list[str]
) -> None:
    old, young = (run_ids(kept_instance, key) for key in keys)
    of_old, of_young = (events_of(kept_instance, runs) for runs in (old, young))
    before = records(kept_instance, young, of_young)
    assert min(before.values()) > 0, "the run of this test leaves something in each table"
    assert records(kept_instance, old, of_old) == before
    assert record_deletion.delete_keys(kept_instance, KEYS.name, [keys[0]]) == [keys[0]]
    assert set(records(kept_instance, old, of_old).values()) == {0}
    assert records(kept_instance, young, of_young) == before
    assert kept_instance.get_dynamic_partitions(KEYS.name)[-1] == keys[1]


def test_what_other_runs_observed_of_a_key_goes_with_it(kept_instance: dg.DagsterInstance, keys: list[str]) -> None:
    run = dg.materialize([observer], instance=kept_instance, tags={"observed": " ".join(keys)})
    record_deletion.delete_keys(kept_instance, KEYS.name, [keys[0]])
    observed = "select partition from event_logs where run_id = :run and dagster_event_type = 'ASSET_OBSERVATION'"
    assert [row.partition for row in query(kept_instance, observed, run=run.run_id)] == [keys[1]]


def test_the_runs_of_an_assets_page_go_too(kept_instance: dg.DagsterInstance, keys: list[str]) -> None:
    kept_instance.add_run(
        dg.DagsterRun(job_name="__ASSET_JOB", status=dg.DagsterRunStatus.CANCELED, tags={"dagster/partition": keys[0]})
    )
    record_deletion.delete_keys(kept_instance, KEYS.name, [keys[0]])
    assert run_ids(kept_instance, keys[0]) == []


def test_a_key_with_a_run_at_work_stays_whole(kept_instance: dg.DagsterInstance, keys: list[str]) -> None:
    kept_instance.add_run(
        dg.DagsterRun(job_name="rows", status=dg.DagsterRunStatus.STARTING, tags={"dagster/partition": keys[0]})
    )
    assert record_deletion.delete_keys(kept_instance, KEYS.name, keys) == [keys[1]]
    assert len(run_ids(kept_instance, keys[0])) == 2
    assert kept_instance.has_dynamic_partition(KEYS.name, keys[0])


def test_the_page_of_an_asset_forgets_a_deleted_key(kept_instance: dg.DagsterInstance, keys: list[str]) -> None:
    def shown() -> str:
        status = get_and_update_asset_status_cache_value(kept_instance, made_row.key, KEYS)
        assert status
        return str(status.serialized_materialized_partition_subset)

    assert keys[0] in shown()
    record_deletion.delete_keys(kept_instance, KEYS.name, [keys[0]])
    assert keys[0] not in shown()
    assert keys[1] in shown()


def test_old_runs_go_by_their_job(kept_instance: dg.DagsterInstance) -> None:
    job = f"frequent-{uuid4()}"
    finished, _ = (
        kept_instance.add_run(dg.DagsterRun(job_name=job, status=status)).run_id
        for status in (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.STARTED)
    )
    later = now() + timedelta(minutes=1)
    assert record_deletion.old_runs_of_jobs(kept_instance, [job], now() - timedelta(minutes=1), 10) == []
    assert record_deletion.old_runs_of_jobs(kept_instance, [job], later, 10) == [finished]
    record_deletion.delete_runs(kept_instance, [finished])
    assert record_deletion.old_runs_of_jobs(kept_instance, [job], later, 10) == []


def test_old_runs_go_unless_their_key_is_held_or_is_a_window(
    kept_instance: dg.DagsterInstance, keys: list[str]
) -> None:
    tags = {
        "without": {},
        "held": {"dagster/partition": keys[0]},
        "gone": {"dagster/partition": f"2026-11-26-studio-{uuid4()}"},
        "window": {"dagster/partition": "2026-11-26-06:00"},
        "days": {"dagster/asset_partition_range_start": "2026-11-26"},
    }
    runs = {
        kept_instance.add_run(
            dg.DagsterRun(job_name="__ASSET_JOB", status=dg.DagsterRunStatus.SUCCESS, tags=of_run)
        ).run_id: name
        for name, of_run in tags.items()
    }

    def found(*, keep_windows: bool) -> set[str]:
        old = record_deletion.old_runs_without_key(
            kept_instance, [KEYS.name], now() + timedelta(minutes=1), 10_000, keep_windows=keep_windows
        )
        return {runs[run_id] for run_id in old if run_id in runs}

    assert found(keep_windows=True) == {"without", "gone"}
    assert found(keep_windows=False) == {"without", "gone", "window", "days"}


def test_checks_that_an_earlier_release_left_behind_go(kept_instance: dg.DagsterInstance, keys: list[str]) -> None:
    (old,), (young,) = (run_ids(kept_instance, key) for key in keys)
    kept_instance.delete_run(old)
    left = "select run_id from asset_check_executions where run_id = any(:runs)"
    assert {row.run_id for row in query(kept_instance, left, runs=[old, young])} == {old, young}
    while record_deletion.delete_orphaned_checks(kept_instance, 1):
        pass
    assert {row.run_id for row in query(kept_instance, left, runs=[old, young])} == {young}


def test_of_old_events_without_a_run_the_newest_of_each_asset_and_partition_stays(
    kept_instance: dg.DagsterInstance,
) -> None:
    whole, by_day = (dg.AssetKey([f"reported-{uuid4()}"]) for _ in range(2))
    assets, tags = [whole.to_string(), by_day.to_string()], {"dagster/data_version": "1"}

    def report() -> None:
        kept_instance.report_runless_asset_event(dg.AssetMaterialization(whole, tags=tags))
        kept_instance.report_runless_asset_event(dg.AssetObservation(whole, tags=tags))
        for day in ("2026-11-25", "2026-11-26"):
            kept_instance.report_runless_asset_event(dg.AssetMaterialization(by_day, partition=day, tags=tags))

    def left(before: datetime) -> list[int]:
        """How many of each type, asset and partition are left after a deletion, each with its tag."""
        while record_deletion.delete_old_events_without_run(kept_instance, before, 3):
            pass
        events = query(
            kept_instance,
            "select count(*) from event_logs where asset_key = any(:assets)"
            " group by asset_key, dagster_event_type, partition",
            assets=assets,
        )
        tagged = query(kept_instance, "select 1 from asset_event_tags where asset_key = any(:assets)", assets=assets)
        assert len(tagged) == sum(count for (count,) in events)
        return [count for (count,) in events]

    for _ in range(2):
        report()
    between = real_now()
    for _ in range(2):
        report()
    assert left(between - timedelta(minutes=1)) == [4] * 4
    assert left(between) == [2] * 4
    assert left(between + timedelta(minutes=1)) == [1] * 4


def test_a_back_fill_goes_when_it_is_old_and_has_ended_and_has_no_runs(kept_instance: dg.DagsterInstance) -> None:
    old, young = (launched(kept_instance, days_ago=days) for days in (91, 89))
    unfinished = launched(kept_instance, days_ago=91, status="CANCELING")
    shown = launched(kept_instance, days_ago=91, status="FAILED")
    run = kept_instance.add_run(
        dg.DagsterRun(
            job_name="captions", status=dg.DagsterRunStatus.SUCCESS, tags={"dagster/backfill": shown.backfill_id}
        )
    )

    def delete() -> list[bool]:
        while record_deletion.delete_old_back_fills(kept_instance, now() - timedelta(days=90), 1):
            pass
        return [is_kept(kept_instance, back_fill) for back_fill in (old, young, unfinished, shown)]

    assert delete() == [False, True, True, True]
    record_deletion.delete_runs(kept_instance, [run.run_id])
    assert delete() == [False, True, True, False]


def test_back_fills_go_with_the_rows_that_they_name(kept_instance: dg.DagsterInstance) -> None:
    mine, other = (str(uuid4()) for _ in range(2))
    of_mine = launched(kept_instance, f"2026-11-26-studio-{other}", f"2026-11-26-studio-{mine}")
    of_others = launched(kept_instance, f"2026-11-26-studio-{other}")
    unfinished = launched(kept_instance, f"2026-11-26-studio-{mine}", status="REQUESTED")
    record_deletion.delete_back_fills_of(kept_instance, {mine, str(uuid4())})
    assert [is_kept(kept_instance, back_fill) for back_fill in (of_mine, of_others, unfinished)] == [False, True, True]
