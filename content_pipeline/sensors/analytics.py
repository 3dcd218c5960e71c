"""Sensor that reports ingested days to Dagster as materializations, so that their daily metrics are derived again."""

from datetime import datetime

import dagster as dg

from content_pipeline.assets.analytics import stated_figures
from content_pipeline.core.analytics import ingestion
from content_pipeline.core.infrastructure.database import transaction


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
