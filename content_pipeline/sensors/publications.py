"""Sensor that polls platforms about posts that they are still processing."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import Final
from uuid import UUID

import dagster as dg

from content_pipeline import jobs
from content_pipeline.assets.post_observations import late_urls
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Publication, Task
from content_pipeline.core.publishing import polling
from content_pipeline.core.tasks.kinds import PUBLICATION
from content_pipeline.sensors import intervals, run_requests

POSTS_A_TICK: Final = 200
# Concurrent polls per platform, across ticks: without this limit a platform that hangs uses up all connections.
POLLS_PER_PLATFORM: Final = 8
# A poll times out after 10 s only, and the runs of other platforms' posts start when the tick ends.
TICK_SECONDS: Final = 5.0

# Polls under way by publication: not repeated meanwhile; a later tick collects their results.
in_flight: Final[dict[UUID, Future[Task | Publication | None]]] = {}


@dg.sensor(
    job=jobs.JOBS[PUBLICATION.name],
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Polls platforms about posts that they are processing, continues what is ready, and records late URLs.",
)
def poll_platforms(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    with transaction() as session:
        due = polling.claim_due(session, most=POSTS_A_TICK)
    for publication in due:
        if publication.id not in in_flight:
            in_flight[publication.id] = _poll_pool(publication.platform).submit(polling.poll, publication)
    wait(in_flight.values(), timeout=TICK_SECONDS)
    found = list(_collect())
    posts = [post for post in found if isinstance(post, Publication)]
    return run_requests.sensor_result(
        [task for task in found if isinstance(task, Task)],
        asset_events=list(late_urls(context.instance, posts)) if posts else [],
    )


@cache
def _poll_pool(platform: str) -> ThreadPoolExecutor:
    """A thread pool per platform, so that one that hangs does not delay the others."""
    return ThreadPoolExecutor(POLLS_PER_PLATFORM, thread_name_prefix=platform)


def _collect() -> Iterator[Task | Publication | None]:
    """Collect finished polls and cancel those not begun, which become due again; running ones stay for later ticks."""
    for publication_id, future in list(in_flight.items()):
        if future.cancel() or future.done():
            del in_flight[publication_id]
            yield None if future.cancelled() else future.result()
