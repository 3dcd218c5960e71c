"""Sensors of the metrics: one has new accounts read; one reports ingested days as materializations, so that their daily
metrics are derived again."""

from collections.abc import Iterator
from datetime import datetime

import dagster as dg

from content_pipeline import jobs, partitions
from content_pipeline.assets.analytics import NEW_ACCOUNTS_TAG, snapshots_of, stated_figures
from content_pipeline.core.analytics import first_readings, ingestion
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.tasks import dagster_client
from content_pipeline.sensors.tasks import LIVE


@dg.sensor(
    job=jobs.METRICS,
    minimum_interval_seconds=first_readings.LOOK_INTERVAL,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Has accounts read that were connected since the last window ended, all of a platform in one run.",
)
def read_new_accounts(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest]:
    with transaction() as session:
        found = first_readings.unread_platforms(session)
    key = partitions.WINDOWS.get_last_partition_key()
    for platform, newest in found.items():
        tags = {NEW_ACCOUNTS_TAG: platform}
        # Whoever is connected while a run reads is read by the next one.
        if context.instance.get_run_records(dg.RunsFilter(statuses=LIVE, tags=tags), limit=1):
            continue
        yield dg.RunRequest(
            # Not again for the same accounts: one whose reading cannot even be recorded would be read for ever.
            run_key=f"{platform} {key} {newest.isoformat()}",
            partition_key=key,
            asset_selection=[snapshots_of(platform)],
            tags=tags | dagster_client.lane_tags("io", is_single=True),
        )


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Records the days that operators have stated figures of.",
)
def record_stated_figures(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    seen = [datetime.fromisoformat(moment) for moment in (context.cursor or "").split()]
    with transaction() as session:
        days, seen_now = ingestion.stated_after(session, seen)
    if not days:
        return dg.SkipReason("No figures were stated.")
    events = [dg.AssetMaterialization(stated_figures.key, partition=day.isoformat()) for day in sorted(days)]
    return dg.SensorResult(asset_events=events, cursor=" ".join(moment.isoformat() for moment in seen_now))
