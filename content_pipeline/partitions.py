"""Sets of partition keys: dynamic ones for the kinds of task that have runs, windows and days for the analytics."""

from functools import cache
from typing import Final

import dagster as dg

from content_pipeline.core.tasks.kinds import Kind

# Windows of six hours (core/analytics/windows.py). Accounts are rows and no keys: 200 accounts would be 292,000 keys a
# year.
WINDOWS: Final = dg.TimeWindowPartitionsDefinition(
    start="2026-01-01-00:00", fmt="%Y-%m-%d-%H:%M", cron_schedule="0 */6 * * *", timezone="UTC"
)
# The present day is one of them: its figures are those so far. Figures may be stated of all days that are kept, two
# years back from the first window.
DAYS: Final = dg.DailyPartitionsDefinition(start_date="2023-12-31", timezone="UTC", end_offset=1)


def keys_of(kind: Kind) -> dg.DynamicPartitionsDefinition:
    """The set of keys of a kind's rows (core/tasks/partition_keys.py)."""
    assert kind.job
    return key_set(kind.job)


def unmapped(*assets: str | dg.AssetsDefinition) -> list[dg.AssetDep]:
    """Dependencies on assets whose partition keys are others, which the metadata name: lineage only.

    By Dagster's default mapping the keys would have to be the same, and no back-fill could be launched.
    """
    return [dg.AssetDep(asset, partition_mapping=dg.SpecificPartitionsPartitionMapping([])) for asset in assets]


@cache
def key_set(job: str) -> dg.DynamicPartitionsDefinition:
    """The set of partition keys of a job, which has the job's name."""
    return dg.DynamicPartitionsDefinition(name=job)
