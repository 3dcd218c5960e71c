"""Sensor of the content calendar: renders videos ahead of their time and publishes due posts."""

import dagster as dg

from content_pipeline import jobs
from content_pipeline.assets.calendar import became_due
from content_pipeline.core.calendar import due
from content_pipeline.core.database import transaction
from content_pipeline.core.tasks.kinds import AVATAR, PUBLICATION, REEL
from content_pipeline.sensors import intervals, run_requests

# Submitting a run takes the daemon 30 ms, 150 ms while renders use the cores: all runs of a tick are submitted before
# their start lease ends.
RUNS_A_TICK = 50


@dg.sensor(
    jobs=[jobs.JOBS[REEL.name], jobs.JOBS[AVATAR.name], jobs.JOBS[PUBLICATION.name]],
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Renders the videos of calendar items ahead of their time, publishes due posts, records the outcomes.",
)
def publish_scheduled_content(_: dg.SensorEvaluationContext) -> dg.SensorResult:
    with transaction() as session:
        due.record_outcomes(session)
    with transaction() as session:
        posts = due.start_posts(session, most=RUNS_A_TICK)
    with transaction() as session:
        videos = due.start_videos(session, most=RUNS_A_TICK - len(posts))
    due_now = [became_due(videos=len(videos), posts=len(posts))] if posts or videos else []
    return run_requests.sensor_result([*posts, *videos], asset_events=due_now)
