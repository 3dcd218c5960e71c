"""Sensors of the content calendar: one renders videos ahead and publishes due posts, one prepares posts ahead."""

import time
from datetime import timedelta
from typing import Final

import dagster as dg

from content_pipeline import jobs
from content_pipeline.assets.calendar import became_due
from content_pipeline.core.calendar import due
from content_pipeline.core.clock import now
from content_pipeline.core.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks.kinds import AVATAR, PUBLICATION, REEL
from content_pipeline.sensors import intervals, run_requests

# Submitting a run takes the daemon 30 ms, 150 ms while renders use the cores: all runs of a tick are submitted before
# their start lease ends.
RUNS_A_TICK = 50
# A tick that finds nothing waits so long for what becomes due before the next one, 5 s after its start.
MAX_WAIT: Final = timedelta(seconds=4.5)


@dg.sensor(
    jobs=[jobs.JOBS[REEL.name], jobs.JOBS[AVATAR.name], jobs.JOBS[PUBLICATION.name]],
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Renders the videos of calendar items ahead of their time, publishes due posts, records the outcomes.",
)
def publish_scheduled_content(_: dg.SensorEvaluationContext) -> dg.SensorResult:
    with transaction() as session:
        due.record_outcomes(session)
    work = _start_due()
    if not any(work) and _wait_for_next():
        work = _start_due()
    posts, videos = work
    due_now = [became_due(videos=len(videos), posts=len(posts))] if posts or videos else []
    return run_requests.sensor_result([*posts, *videos], asset_events=due_now)


# Apart from the other: on a busy machine a tick that submits fifty runs took 40 s, for which due posts would wait.
@dg.sensor(
    job=jobs.JOBS[PUBLICATION.name],
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Uploads the posts of calendar items ahead of their time, where that shows nothing to anybody.",
)
def prepare_scheduled_posts(_: dg.SensorEvaluationContext) -> dg.SensorResult:
    with transaction() as session:
        prepared = due.prepare_posts(session, most=RUNS_A_TICK)
    return run_requests.sensor_result(prepared, are_urgent=False)


def _start_due() -> tuple[list[Task], list[Task]]:
    """The tasks of due posts and of videos, together up to `RUNS_A_TICK`, those of posts first."""
    with transaction() as session:
        posts = due.start_posts(session, most=RUNS_A_TICK)
    with transaction() as session:
        videos = due.start_videos(session, most=RUNS_A_TICK - len(posts))
    return posts, videos


def _wait_for_next() -> bool:
    """Wait until the next item is due, if that is soon. Returns whether one is."""
    with transaction() as session:
        moment = due.next_moment(session, within=MAX_WAIT)
    if moment is None:
        return False
    time.sleep(max((moment - now()).total_seconds(), 0))
    return True
