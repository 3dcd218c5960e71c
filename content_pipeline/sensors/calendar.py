"""Has the posts of the calendar made ready for their time."""

import dagster as dg

from content_pipeline import jobs, partitions
from content_pipeline.core import due, runs
from content_pipeline.core.database import transaction

# Submitting a run takes the daemon some 30 ms, 150 while renders have the cores: all of a tick are submitted before
# the safety net thinks them forgotten.
REELS_A_TICK = 50


@dg.sensor(
    job=jobs.reels,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Has the reels of calendar items made ahead of their time, and notes which are ready or failed.",
)
def publish_scheduled_content(_: dg.SensorEvaluationContext) -> dg.SensorResult:
    with transaction() as session:
        due.settle_reels(session)
    with transaction() as session:
        tasks = due.start_reels(session, most=REELS_A_TICK)
    return dg.SensorResult(
        run_requests=[dg.RunRequest(partition_key=task.subject_key, tags=runs.tags(task)) for task in tasks],
        dynamic_partitions_requests=[partitions.reels.build_add_request([task.subject_key for task in tasks])]
        if tasks
        else [],
    )
