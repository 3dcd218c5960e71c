"""Sensors of the content calendar: they copy and render videos ahead, prepare posts ahead, and publish due posts."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Final

import dagster as dg

from content_pipeline import jobs
from content_pipeline.assets.calendar import became_due
from content_pipeline.core.calendar import due
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import dagster_client
from content_pipeline.core.tasks.kinds import AVATAR, PUBLICATION, REEL, VIDEO_COPY
from content_pipeline.sensors import intervals, run_requests

# Submitting a run takes the daemon 30 ms, 150 ms while renders use the cores: all runs of a tick are submitted before
# their start lease ends.
RUNS_A_TICK: Final = 50
# Dagster submits the runs that a tick requests when it has ended, and begins the next 5 s after this one, or 10 s if it
# was not over by then: a post waited that long behind fifty of another workspace. So the ticks that publish launch
# their runs themselves, ten per request, and claim no items when that is likely to end later than after so many
# seconds: with 4.5, every other tick of a busy machine missed its round.
PUBLISHING_SECONDS = 4.0
# One request is under way while the next items are claimed, and outlasts the tick when more are due. When each was
# waited for, 30 to 40 runs were launched in 5 s on a busy machine, and the workers had nothing to do for a tenth of the
# time (bench calendar).
_LAUNCHES: Final = ThreadPoolExecutor(1, thread_name_prefix="launches")
# A tick that finds nothing looks again after this time, or when the next item becomes due.
_PAUSE: Final = timedelta(seconds=1)


@dg.sensor(
    jobs=[jobs.JOBS[REEL.name], jobs.JOBS[AVATAR.name]],
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Renders the videos of calendar items ahead of their time.",
)
def render_scheduled_videos(_: dg.SensorEvaluationContext) -> dg.SensorResult:
    with transaction() as session:
        videos = due.start_videos(session, most=RUNS_A_TICK)
    return run_requests.sensor_result(videos, asset_events=[became_due(videos=len(videos))] if videos else [])


@dg.sensor(
    job=jobs.JOBS[PUBLICATION.name],
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Publishes the posts of calendar items that are due, and records the outcomes.",
)
def publish_scheduled_content(_: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    ends, posts = time.monotonic() + PUBLISHING_SECONDS, 0
    with transaction() as session:
        due.record_outcomes(session)
    launch: Future[None] | None = None
    while True:
        began = time.monotonic()
        with transaction() as session:
            claimed, tasks = due.start_posts(session, most=dagster_client.STARTS_AT_ONCE)
        if launch:
            launch.result()
        launch = _LAUNCHES.submit(_launch, *tasks) if tasks else None
        posts += len(tasks)
        ended = time.monotonic()
        left = timedelta(seconds=ends - ended - (ended - began))
        if left <= timedelta():
            break
        if not claimed:
            _wait_for_next(min(left, _PAUSE))
    if launch and claimed < dagster_client.STARTS_AT_ONCE:
        launch.result()
    return dg.SensorResult(asset_events=[became_due(posts=posts)]) if posts else dg.SkipReason("Nothing is due.")


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


@dg.sensor(
    job=jobs.JOBS[VIDEO_COPY.name],
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Copies the videos that calendar items name by a URL, which may expire before their time.",
)
def copy_scheduled_videos(_: dg.SensorEvaluationContext) -> dg.SensorResult:
    with transaction() as session:
        copied = due.copy_videos(session, most=RUNS_A_TICK)
    return run_requests.sensor_result(copied, are_urgent=False)


def _launch(*tasks: Task) -> None:
    with isolated("calendar_launches", tasks[0].id):  # nobody may wait for the last one of a tick
        dagster_client.launch_runs(*tasks)


def _wait_for_next(most: timedelta) -> None:
    """Wait until the next item is due, for `most` at most."""
    with transaction() as session:
        moment = due.next_moment(session, within=most)
    time.sleep(max((moment - now()).total_seconds(), 0) if moment else most.total_seconds())
