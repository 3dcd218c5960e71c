"""Sensor that starts the run which delivers due webhook events."""

import dagster as dg

from content_pipeline import jobs
from content_pipeline.core.database import autocommit
from content_pipeline.core.webhooks import dispatcher
from content_pipeline.sensors import intervals
from content_pipeline.sensors.tasks import LIVE


@dg.sensor(
    job=jobs.WEBHOOKS,
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts one run that delivers webhook events when some are due.",
)
def deliver_webhooks(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    with autocommit() as session:
        if not dispatcher.is_due(session):
            return dg.SkipReason("Nothing is due.")
    alive = dg.RunsFilter(job_name=jobs.WEBHOOKS.name, statuses=LIVE)
    if context.instance.get_runs_count(alive):
        return dg.SkipReason("A run is delivering already.")
    return dg.RunRequest()
