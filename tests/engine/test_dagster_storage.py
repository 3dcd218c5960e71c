"""Dagster's storage: its connections and its SQL statements."""

import re
from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterEventType
from sqlalchemy import text

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.settings import settings
from content_pipeline.engine.dagster_storage import PostgresStorage, close_idle_connections, discard_connections
from tests.sql_statements import statements

pytestmark = pytest.mark.usefixtures("database")


def storage() -> PostgresStorage:
    return PostgresStorage.from_config_value(None, {"postgres_url": settings().dagster_database_url.get_secret_value()})


def backend(kept: PostgresStorage) -> int:
    """The server process of the connection that the storage takes from its pool."""
    with kept.run_storage.connect() as connection:
        return int(connection.scalar(text("select pg_backend_pid()")))


@pytest.mark.slow
def test_dagster_outlives_a_restart_of_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    pooled = backend(storage())
    with transaction() as session:
        session.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pooled})
    monkeypatch.setattr(
        "content_pipeline.core.infrastructure.database.CHECK_AFTER_IDLE_SECONDS", 0.0
    )  # as after a pause
    assert backend(storage()) != pooled


@pytest.mark.slow
def test_all_storages_of_a_process_share_its_connections() -> None:
    first, second = storage(), storage()
    with first.event_log_storage.run_connection("a run") as connection:
        used = connection.scalar(text("select pg_backend_pid()"))
    assert backend(first) == backend(second) == used


def test_idle_connections_are_closed_and_opened_again() -> None:
    kept = storage()
    instance: Any = SimpleNamespace(event_log_storage=kept.event_log_storage)
    first = backend(kept)
    close_idle_connections(instance)
    assert backend(kept) != first


@pytest.mark.slow
def test_a_forked_process_leaves_the_connections_of_its_parent_to_it() -> None:
    kept = storage()
    instance: Any = SimpleNamespace(event_log_storage=kept.event_log_storage)
    with kept.run_storage.connect() as of_the_parent:
        used = of_the_parent.scalar(text("select pg_backend_pid()"))
        discard_connections(instance)
        assert backend(kept) != used
        assert of_the_parent.scalar(text("select 1")) == 1


def test_an_event_is_stored_with_one_statement_and_read_again() -> None:
    events = storage().event_log_storage
    entry = dg.EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None,
        user_message="Look!",
        level="info",
        run_id="a run",
        timestamp=0.0,
        step_key=None,
        job_name="j",
    )
    assert [statement.split()[0] for statement in statements(lambda: events.store_event(entry))] == ["INSERT"]
    assert [kept.user_message for kept in events.get_logs_for_run("a run")] == ["Look!"]


def test_schema_checks_are_executed_once() -> None:
    events, runs = storage().event_log_storage, storage().run_storage
    events.add_dynamic_partitions("set", ["key"])
    assert len(statements(lambda: events.has_dynamic_partition("set", "key"))) == 1
    runs.get_run_records()
    assert len(statements(runs.get_run_records)) == 1


def test_the_partition_key_of_a_run_is_looked_for_once_until_it_is_deleted() -> None:
    events = storage().event_log_storage
    events.add_dynamic_partitions("set", ["key"])
    assert events.has_dynamic_partition("set", "key")
    assert statements(lambda: events.has_dynamic_partition("set", "key")) == []
    assert not events.has_dynamic_partition("another set", "key")
    assert events.has_dynamic_partition("set", "key")
    events.delete_dynamic_partition("set", "key")
    assert not events.has_dynamic_partition("set", "key")


def test_a_partition_key_that_another_process_has_deleted_is_missed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=count(step=6).__next__)
    monkeypatch.setattr("content_pipeline.engine.dagster_storage.time", clock)
    here, elsewhere = storage().event_log_storage, storage().event_log_storage
    here.add_dynamic_partitions("set", ["key"])
    assert here.has_dynamic_partition("set", "key")
    elsewhere.delete_dynamic_partition("set", "key")
    assert not here.has_dynamic_partition("set", "key")


def test_the_configuration_of_pools_is_read_once(kept_instance: dg.DagsterInstance) -> None:
    pools = kept_instance.event_log_storage.get_pool_config
    first = pools()
    assert statements(pools) == []
    assert pools() == first == kept_instance.get_concurrency_config().pool_config


def test_a_further_instance_of_a_process_looks_for_no_tables() -> None:
    storage()
    assert statements(storage) == []


def test_materializations_and_checks_are_found_by_their_asset(kept_instance: dg.DagsterInstance) -> None:
    @dg.asset(check_specs=[dg.AssetCheckSpec("good", asset="thing")])
    def thing() -> Iterator[Any]:
        yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])

    assert dg.materialize([thing], instance=kept_instance).success
    assert kept_instance.get_latest_materialization_event(thing.key)
    (check,) = kept_instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(thing.key, "good"), limit=2
    )
    assert check.status.value == "SUCCEEDED"


def test_a_run_that_fails_before_its_checks_leaves_their_states_as_they_are(kept_instance: dg.DagsterInstance) -> None:
    keys = dg.DynamicPartitionsDefinition(name="videos_of_this_test")

    @dg.asset(partitions_def=keys, check_specs=[dg.AssetCheckSpec("playable", asset="video", partitions_def=keys)])
    def video(context: dg.AssetExecutionContext) -> Iterator[Any]:
        if context.partition_key == "broken":
            raise dg.Failure("It cannot be rendered.")
        yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])

    kept_instance.add_dynamic_partitions(keys.name, ["good", "broken"])
    for key in ("good", "broken"):
        dg.materialize([video], instance=kept_instance, partition_key=key, raise_on_error=False)
    states = kept_instance.event_log_storage.get_asset_check_partition_info([dg.AssetCheckKey(video.key, "playable")])
    assert {state.partition_key: state.latest_execution_status.value for state in states} == {"good": "SUCCEEDED"}


@pytest.mark.slow
def test_a_run_like_a_reels_reads_no_catalog_looks_each_check_up_once_and_stores_no_empty_events(
    kept_instance: dg.DagsterInstance,
) -> None:
    keys = dg.DynamicPartitionsDefinition(name="reels_of_this_test")

    @dg.multi_asset(
        specs=[dg.AssetSpec("spoken"), dg.AssetSpec("shown", deps=["spoken"])],
        check_specs=[dg.AssetCheckSpec(name, asset="shown") for name in ("playable", "size")],
        partitions_def=keys,
    )
    def made() -> Iterator[Any]:
        yield dg.MaterializeResult(asset_key="spoken")
        yield dg.MaterializeResult(asset_key="shown")
        for name in ("playable", "size"):
            yield dg.AssetCheckResult(asset_key="shown", check_name=name, passed=True)

    kept_instance.add_dynamic_partitions(keys.name, ["first", "second"])
    assert dg.materialize([made], instance=kept_instance, partition_key="first").success
    heard = statements(lambda: dg.materialize([made], instance=kept_instance, partition_key="second"))
    of_the_asset = [
        statement
        for statement in heard
        if re.match(r"SELECT event_logs\.id.* event_logs\.partition IN", statement, re.S)
    ]
    assert ([statement for statement in heard if "pg_catalog" in statement], len(of_the_asset)) == ([], 2)
    (run,) = kept_instance.get_runs(limit=1)
    entries = kept_instance.all_logs(run.run_id)
    assert [entry.message for entry in entries if re.search(r"process \(pid|exited", entry.message)] == []
    stored = {entry.dagster_event_type for entry in entries}
    assert {DagsterEventType.ASSET_CHECK_EVALUATION, DagsterEventType.STEP_SUCCESS} <= stored
    assert stored.isdisjoint({DagsterEventType.RESOURCE_INIT_SUCCESS, DagsterEventType.LOGS_CAPTURED})


@pytest.mark.slow
def test_a_run_that_ends_without_its_checks_because_it_waits_says_nothing_of_missing_outputs(
    kept_instance: dg.DagsterInstance,
) -> None:
    @dg.multi_asset(
        specs=[dg.AssetSpec("awaited", skippable=True)],
        check_specs=[dg.AssetCheckSpec("good", asset="awaited")],
        can_subset=True,
    )
    def waited(context: dg.AssetExecutionContext) -> Iterator[Any]:
        context.log.info("Continues when the platform has finished processing.")
        yield from ()

    run = dg.materialize([waited], instance=kept_instance)
    assert run.success
    told = [entry.user_message for entry in kept_instance.all_logs(run.run_id) if entry.dagster_event is None]
    assert told == ["Continues when the platform has finished processing."]
