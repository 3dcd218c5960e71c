"""Sensor that starts the run which delivers due webhook events."""

import time
from typing import Final

import dagster as dg

from content_pipeline import jobs
from content_pipeline.core.infrastructure.database import autocommit
from content_pipeline.core.webhooks import dispatcher
from content_pipeline.sensors import intervals
from content_pipeline.sensors.tasks import LIVE

# A tick goes on looking until shortly before the next: with one look every 5 s an event was with its receivers after
# 7 s (bench/webhooks.py).
WATCH_SECONDS: Final = 4.0
_PAUSE_SECONDS: Final = 0.5


@dg.sensor(
    job=jobs.WEBHOOKS,
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts one run that delivers webhook events when some are due.",
)
def deliver_webhooks(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    end = time.monotonic() + WATCH_SECONDS
    while not _is_due():
        if time.monotonic() > end:
            return dg.SkipReason("Nothing is due.")
        time.sleep(_PAUSE_SECONDS)
    alive = dg.RunsFilter(job_name=jobs.WEBHOOKS.name, statuses=LIVE)
    if context.instance.get_runs_count(alive):
        return dg.SkipReason("A run is delivering already.")
    return dg.RunRequest()


def _is_due() -> bool:
    with autocommit() as session:
        return dispatcher.is_due(session)
