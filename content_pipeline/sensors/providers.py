"""Asks others how the work stands that they are at."""

from concurrent.futures import ThreadPoolExecutor

import dagster as dg

from content_pipeline import jobs
from content_pipeline.core import polls
from content_pipeline.core.database import transaction
from content_pipeline.sensors import requests

# A tick has a minute, and a platform that is slow to answer takes up to 60 s: few wait for it at a time.
POSTS_A_TICK = 200
AT_ONCE = 8


@dg.sensor(
    job=jobs.publications,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks the platforms about posts that they are at work on, and has those go on that are ready.",
)
def ask_platforms(_: dg.SensorEvaluationContext) -> dg.SensorResult:
    with transaction() as session:
        due = polls.take_due(session, most=POSTS_A_TICK)
    with ThreadPoolExecutor(AT_ONCE) as askers:
        return requests.result([task for task in askers.map(polls.look, due) if task])
