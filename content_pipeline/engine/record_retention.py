"""Retention of Dagster's records: deletes old keys with their runs, other old runs and events, back-fills, ticks."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Final

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import TickStatus

from content_pipeline.core.analytics.figures import DAYS_KEPT
from content_pipeline.core.infrastructure.clock import real_now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.operations.maintenance import partition_key_retirement
from content_pipeline.core.tasks import dagster_client, kinds
from content_pipeline.engine import record_deletion

# Of keys, or of runs, in one transaction.
CHUNK: Final = 1000
# A run ends after that; the schedule starts the next one (schedules.py).
RUN_SECONDS: Final = 300.0
# There may be one every few seconds, and what they did is in our own tables.
FREQUENT_RUNS_KEPT: Final = timedelta(days=7)
# Of sensors, which tick every 5 s and mostly find nothing.
TICKS_KEPT: Final = {
    timedelta(days=1): [TickStatus.SKIPPED],
    timedelta(days=7): [TickStatus.STARTED, TickStatus.SUCCESS],
    timedelta(days=30): [TickStatus.FAILURE],
}
# A run deletes for that long before it ends for others: 12,000 keys at 0.8 ms each (decision 0056). That is 1,150,000 a
# day in a lane that is full all day, and eight kinds with 100,000 new keys each need 800,000. By one chunk a run it was
# 96,000.
LEAST_SECONDS: Final = 10.0
# A worker with a free slot begins a run within 0.1 s of its launch.
WAITING_SECONDS: Final = 2.0


def delete_old_records(instance: dg.DagsterInstance, frequent_jobs: Sequence[str]) -> Counter[str]:
    """Delete what is old, chunk by chunk. Returns how many `keys`, `runs` without a key, `checks` and `events` without
    a run, and `back_fills`.

    Ends early when the time is over, or after LEAST_SECONDS when other runs wait for a worker of its lane: what is left
    the next run deletes. Runs of `frequent_jobs` are kept for a week only. Old ticks are not counted.
    """
    _delete_ticks(instance)
    deleted: Counter[str] = Counter(keys=0, runs=0, checks=0, events=0, back_fills=0)
    began = time.monotonic()
    for what, count in _chunks(instance, frequent_jobs):
        deleted[what] += count
        seconds = time.monotonic() - began
        if seconds > RUN_SECONDS or (seconds > LEAST_SECONDS and _is_slot_wanted(instance)):
            break
    return deleted


def _delete_ticks(instance: dg.DagsterInstance) -> None:
    for sensor in instance.all_instigator_state(instigator_type=InstigatorType.SENSOR):
        for kept, statuses in TICKS_KEPT.items():
            before = real_now() - kept
            instance.purge_ticks(sensor.instigator_origin_id, sensor.selector_id, before.timestamp(), statuses)


def _chunks(instance: dg.DagsterInstance, frequent_jobs: Sequence[str]) -> Iterator[tuple[str, int]]:
    # In another order each time, so that no set waits for ever behind one that takes all of the time.
    jobs = kinds.jobs()
    for kind in random.sample(list(jobs), len(jobs)):
        yield from (("keys", count) for count in _delete_keys(instance, kind, jobs[kind]))
    yield from (("runs", count) for count in _delete_runs(instance, list(jobs.values()), frequent_jobs))
    while count := record_deletion.delete_orphaned_checks(instance, CHUNK):
        yield "checks", count
    before = real_now() - partition_key_retirement.KEPT
    while count := record_deletion.delete_old_events_without_run(instance, before, CHUNK):
        yield "events", count
    while count := record_deletion.delete_old_back_fills(instance, before, CHUNK):
        yield "back_fills", count


def _delete_keys(instance: dg.DagsterInstance, kind: str, key_set: str) -> Iterator[int]:
    keys = instance.get_dynamic_partitions(key_set)
    with transaction() as session:
        retired = partition_key_retirement.retired_keys(session, kind, keys)
    for begin in range(0, len(retired), CHUNK):
        chunk = retired[begin : begin + CHUNK]
        with isolated("retired_keys", f"{key_set}:{chunk[0]}"):
            deleted = record_deletion.delete_keys(instance, key_set, chunk)
            # Requested again meanwhile: a run whose key is not registered works, and then fails.
            with transaction() as session:
                wanted = partition_key_retirement.keys_in_flight(session, kind, deleted)
            instance.add_dynamic_partitions(key_set, wanted)
            yield len(deleted) - len(wanted)


def _delete_runs(instance: dg.DagsterInstance, key_sets: Sequence[str], frequent_jobs: Sequence[str]) -> Iterator[int]:
    """Runs of frequent jobs, then others without a key that is held.

    Those that have read or derived figures are kept as long as the figures: without them, Dagster's pages would offer
    to read the windows again.
    """
    ages = [
        real_now() - kept for kept in (FREQUENT_RUNS_KEPT, partition_key_retirement.KEPT, timedelta(days=DAYS_KEPT))
    ]
    old: Sequence[Callable[[], list[str]]] = (
        lambda: record_deletion.old_runs_of_jobs(instance, frequent_jobs, ages[0], CHUNK),
        lambda: record_deletion.old_runs_without_key(instance, key_sets, ages[1], CHUNK, keep_windows=True),
        lambda: record_deletion.old_runs_without_key(instance, key_sets, ages[2], CHUNK, keep_windows=False),
    )
    for found in old:
        while run_ids := found():
            record_deletion.delete_runs(instance, run_ids)
            yield len(run_ids)


def _is_slot_wanted(instance: dg.DagsterInstance) -> bool:
    """Whether a run of the io lane has waited for a worker for some time."""
    waiting = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.STARTING],
        tags={dagster_client.QUEUE_TAG: "io"},
        updated_before=real_now() - timedelta(seconds=WAITING_SECONDS),
    )
    return instance.get_runs_count(waiting) > 0
