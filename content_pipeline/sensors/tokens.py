"""Sensor that refreshes access tokens before they can no longer be refreshed."""

import dagster as dg

from content_pipeline.core.platforms.accounts import tokens


@dg.sensor(
    minimum_interval_seconds=3600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Refreshes tokens of unused accounts before they expire and can no longer be refreshed.",
)
def refresh_expiring_tokens(_: dg.SensorEvaluationContext) -> dg.SkipReason:
    return dg.SkipReason(f"{tokens.refresh_expiring()} tokens were near their end.")
