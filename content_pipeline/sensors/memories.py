"""Sensor that forgets the memories of deleted twins, here and at ZeroMemory."""

import dagster as dg

from content_pipeline.core.twins import deleted_memories


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Forgets the memories of deleted twins; those in ZeroMemory until it has deleted each.",
)
def forget_deleted_memories(_: dg.SensorEvaluationContext) -> dg.SkipReason:
    return dg.SkipReason(f"{deleted_memories.forget_remaining()} memories of deleted twins are forgotten.")
