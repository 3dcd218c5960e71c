"""Schedules of the metrics sync and of the retention, and the automation sensor that derives daily metrics."""

from typing import Final

import dagster as dg

from content_pipeline import jobs
from content_pipeline.core.analytics import first_readings
from content_pipeline.core.tasks import dagster_client

READ_METRICS: Final = dg.build_schedule_from_partitioned_job(
    jobs.METRICS,
    name="read_metrics",
    description="Reads the figures of all accounts at the end of each window of six hours.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)

# Days are derived when assets change and not at fixed times, because a window that is filled later changes its day as
# well.
DERIVE_METRICS: Final = dg.AutomationConditionSensorDefinition(
    "derive_metrics",
    target=dg.AssetSelection.groups("analytics"),
    run_tags=dagster_client.lane_tags("io", is_single=False),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=first_readings.DERIVATION_INTERVAL,
    description="Derives the figures of the days whose windows were read, and writes their dataset.",
)

# A run deletes what it can within five minutes, and ends before others need its worker. With 100,000 new keys a day, a
# quarter of an hour brings some 1,000 of a kind, which take seconds (bench/retention.py).
RETIRE_RECORDS: Final = dg.ScheduleDefinition(
    name="retire_old_records",
    job=jobs.RETIRE_RECORDS,
    cron_schedule="*/15 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Deletes partition keys and runs that are old, or more than Dagster's pages can show.",
)

SWEEP_STORAGE: Final = dg.ScheduleDefinition(
    name="sweep_old_storage",
    job=jobs.SWEEP_STORAGE,
    cron_schedule="7 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Deletes expired rows, exports and uploads, and what clients have deleted.",
)
