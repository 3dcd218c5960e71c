"""Bulk deletion of Dagster's records: keys and runs with events, tags and checks; back-fills; events without a run.

Dagster deletes run by run, which takes 20 ms each, leaves the rows of checks behind, and keeps deleted keys in the
cached status of their assets. Back-fills, each with the list of its keys, and events without a run it keeps for ever.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import dagster as dg
from dagster._core.execution.backfill import BULK_ACTION_TERMINAL_STATUSES
from sqlalchemy import Connection, text

from content_pipeline.core.tasks import dagster_client
from content_pipeline.core.tasks.partition_keys import ROW_PATTERN
from content_pipeline.engine.dagster_storage import engine_of

FINISHED: Final = [
    status.value for status in (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
]
_BACK_FILL_ENDED: Final = [status.value for status in BULK_ACTION_TERMINAL_STATUSES]
# Tags that name the partition of a run, or the first of its range.
_PARTITION_TAGS: Final = [dagster_client.PARTITION_TAG, "dagster/asset_partition_range_start"]
# Types of events that Dagster finds by asset and partition, whichever run recorded them.
_ASSET_EVENTS: Final = [
    "ASSET_MATERIALIZATION",
    "ASSET_MATERIALIZATION_PLANNED",
    "ASSET_OBSERVATION",
    "ASSET_FAILED_TO_MATERIALIZE",
]

_RUNS_OF_KEYS: Final = text(
    "select tag.value as key, run.run_id, run.status from run_tags tag join runs run on run.run_id = tag.run_id"
    " where tag.key = :tag and tag.value = any(:keys)"
)
_ASSETS_OF_RUNS: Final = text(
    "select distinct asset_key from event_logs where run_id = any(:runs) and asset_key is not null"
)
# The metrics sync observes posts of all keys in runs of its own.
_EVENTS_OF_KEYS: Final = text(
    "delete from event_logs where asset_key = any(:assets) and dagster_event_type = any(:types)"
    " and partition = any(:keys) returning id"
)
_EVENTS_OF_RUNS: Final = text("delete from event_logs where run_id = any(:runs) returning id, dagster_event_type")
_TAGS_OF_EVENTS: Final = text("delete from asset_event_tags where event_id = any(:events)")
# The rows are found by the index that begins with asset and check, because there is none by run alone.
_CHECKS_OF_RUNS: Final = text("""
with recursive known as (
  (select asset_key, check_name from asset_check_executions order by asset_key, check_name limit 1)
  union all
  select following.* from known cross join lateral (
    select asset_key, check_name from asset_check_executions other
    where (other.asset_key, other.check_name) > (known.asset_key, known.check_name)
    order by asset_key, check_name limit 1) following
)
delete from asset_check_executions done using known
where done.asset_key = known.asset_key and done.check_name = known.check_name and done.run_id = any(:runs)""")
# These checks are of runs that Dagster itself has deleted. Checks without the id of a run were reported outside of
# runs, and stay.
_ORPHANED_CHECKS: Final = text("""
delete from asset_check_executions where id = any(array(
  select id from asset_check_executions done
  where run_id <> '' and not exists (select from runs where runs.run_id = done.run_id) limit :most))""")
_RUNS: Final = text("delete from runs where run_id = any(:runs)")  # their tags go with them
_KEYS: Final = text("delete from dynamic_partitions where partitions_def_name = :set and partition = any(:keys)")
# Dagster only ever adds to it, and reads all of it for an asset's page.
_CACHED_STATUS: Final = text("update asset_keys set cached_status_data = null where asset_key = any(:assets)")

_OLD_RUNS_OF_JOBS: Final = text(
    "select run_id from runs where pipeline_name = any(:jobs) and status = any(:finished)"
    " and update_timestamp < :before limit :most"
)
_OLD_RUNS_WITHOUT_KEY: Final = text("""
select run_id from runs where status = any(:finished) and update_timestamp < :before and not exists (
  select from run_tags tag where tag.run_id = runs.run_id and tag.key = any(:tags) and (
    (:keep_windows and tag.value !~ :row) or exists (
      select from dynamic_partitions kept where kept.partitions_def_name = any(:sets) and kept.partition = tag.value)))
limit :most""")

# These back-fills were launched before that time. A back-fill's page lists its runs, so it stays while there are any.
_OLD_BACK_FILLS: Final = text("""
delete from bulk_actions where id = any(array(
  select id from bulk_actions old where status = any(:ended) and "timestamp" < :before
    and not exists (select from runs where runs.backfill_id = old.key) limit :most)) returning key""")
_BACK_FILLS_OF_ROWS: Final = text("""
delete from bulk_actions where status = any(:ended) and exists (
  select from regexp_matches(body, :id, 'g') named where named[1] = any(:rows)) returning key""")
_ROW_ID: Final = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_TAGS_OF_BACK_FILLS: Final = text("delete from backfill_tags where backfill_id = any(:keys)")

# Sensors report such events: of due calendar items up to 17,280 a day. Dagster reads the newest one of each asset and
# partition, which therefore stay. Only those before the first young one are read, the first ones first. By an equal
# `run_id` PostgreSQL took the index by id alone, with the events of all runs, or all old ones at once for each chunk.
_OLD_EVENTS_WITHOUT_RUN: Final = text("""
delete from event_logs where id = any(array(
  select id from event_logs old
  where run_id <= '' and dagster_event_type = any(:types)
    and id < coalesce(
      (select id from event_logs where run_id <= '' and "timestamp" >= :before order by run_id, id limit 1),
      9223372036854775807)
    and (
      exists (
        select from event_logs newer where newer.asset_key = old.asset_key and newer.partition = old.partition
          and newer.dagster_event_type = old.dagster_event_type and newer.id > old.id)
      or old.partition is null and exists (
        select from event_logs newer where newer.asset_key = old.asset_key and newer.partition is null
          and newer.dagster_event_type = old.dagster_event_type and newer.id > old.id))
  order by run_id, id limit :most)) returning id""")


def delete_keys(instance: dg.DagsterInstance, key_set: str, keys: Collection[str]) -> list[str]:
    """Delete these keys of a set with their runs, and all events of their partitions. Returns the deleted ones: one
    with an unfinished run stays whole."""
    with _transaction(instance) as connection:
        runs = connection.execute(_RUNS_OF_KEYS, {"tag": dagster_client.PARTITION_TAG, "keys": list(keys)}).all()
        busy = {run.key for run in runs if run.status not in FINISHED}
        idle = [key for key in keys if key not in busy]
        run_ids = [run.run_id for run in runs if run.key not in busy]
        assets = list(connection.scalars(_ASSETS_OF_RUNS, {"runs": run_ids}))
        _delete_runs(connection, run_ids)
        observed = connection.scalars(_EVENTS_OF_KEYS, {"assets": assets, "types": _ASSET_EVENTS, "keys": idle}).all()
        connection.execute(_TAGS_OF_EVENTS, {"events": list(observed)})
        connection.execute(_KEYS, {"set": key_set, "keys": idle})
        connection.execute(_CACHED_STATUS, {"assets": assets})
    return idle


def delete_runs(instance: dg.DagsterInstance, run_ids: Sequence[str]) -> None:
    """Delete runs with all that they have recorded."""
    with _transaction(instance) as connection:
        _delete_runs(connection, run_ids)


def _delete_runs(connection: Connection, run_ids: Sequence[str]) -> None:
    runs = {"runs": list(run_ids)}
    events = connection.execute(_EVENTS_OF_RUNS, runs).all()
    tagged = [event.id for event in events if event.dagster_event_type in _ASSET_EVENTS]
    connection.execute(_TAGS_OF_EVENTS, {"events": tagged})
    connection.execute(_CHECKS_OF_RUNS, runs)
    connection.execute(_RUNS, runs)


def delete_orphaned_checks(instance: dg.DagsterInstance, most: int) -> int:
    """Delete up to `most` rows of checks whose run is gone. Returns how many."""
    with _transaction(instance) as connection:
        return connection.execute(_ORPHANED_CHECKS, {"most": most}).rowcount


def delete_old_events_without_run(instance: dg.DagsterInstance, before: datetime, most: int) -> int:
    """Delete up to `most` events of assets that were reported before that outside of runs, and have a newer one of the
    same type, asset and partition. Returns how many."""
    arguments = {"types": _ASSET_EVENTS, "before": _as_stored(before), "most": most}
    with _transaction(instance) as connection:
        events = connection.scalars(_OLD_EVENTS_WITHOUT_RUN, arguments).all()
        connection.execute(_TAGS_OF_EVENTS, {"events": list(events)})
    return len(events)


def delete_old_back_fills(instance: dg.DagsterInstance, before: datetime, most: int) -> int:
    """Delete up to `most` back-fills that were launched before that, have ended, and have no runs left. Returns how
    many."""
    arguments = {"ended": _BACK_FILL_ENDED, "before": _as_stored(before), "most": most}
    with _transaction(instance) as connection:
        keys = connection.scalars(_OLD_BACK_FILLS, arguments).all()
        connection.execute(_TAGS_OF_BACK_FILLS, {"keys": list(keys)})
    return len(keys)


def delete_back_fills_of(instance: dg.DagsterInstance, row_ids: Collection[str]) -> None:
    """Delete the back-fills that have ended and whose keys name one of these rows."""
    arguments = {"ended": _BACK_FILL_ENDED, "id": _ROW_ID, "rows": list(row_ids)}
    with _transaction(instance) as connection:
        keys = connection.scalars(_BACK_FILLS_OF_ROWS, arguments).all()
        connection.execute(_TAGS_OF_BACK_FILLS, {"keys": list(keys)})


def old_runs_of_jobs(instance: dg.DagsterInstance, jobs: Sequence[str], before: datetime, most: int) -> list[str]:
    """The ids of up to `most` runs of these jobs that ended before that."""
    arguments = {"jobs": list(jobs), "finished": FINISHED, "before": _as_stored(before), "most": most}
    with _transaction(instance) as connection:
        return list(connection.scalars(_OLD_RUNS_OF_JOBS, arguments))


def old_runs_without_key(
    instance: dg.DagsterInstance, key_sets: Sequence[str], before: datetime, most: int, *, keep_windows: bool
) -> list[str]:
    """The ids of up to `most` runs that ended before that, and whose partition, if they have one, is in none of these
    sets. With `keep_windows`, not those of a window or a day."""
    arguments = {
        "finished": FINISHED,
        "before": _as_stored(before),
        "tags": _PARTITION_TAGS,
        "keep_windows": keep_windows,
        "row": ROW_PATTERN,
        "sets": list(key_sets),
        "most": most,
    }
    with _transaction(instance) as connection:
        return list(connection.scalars(_OLD_RUNS_WITHOUT_KEY, arguments))


def _as_stored(time: datetime) -> datetime:
    """As Dagster's columns have it: UTC without saying so."""
    return time.astimezone(UTC).replace(tzinfo=None)


@contextmanager
def _transaction(instance: dg.DagsterInstance) -> Iterator[Connection]:
    """A transaction in Dagster's database, whose connections commit each statement otherwise."""
    with (
        engine_of(instance).connect().execution_options(isolation_level="READ COMMITTED") as connection,
        connection.begin(),
    ):
        yield connection
