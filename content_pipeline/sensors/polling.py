"""Asks others how the work stands that they are at."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import Final
from uuid import UUID

import dagster as dg

from content_pipeline import jobs
from content_pipeline.core.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.publishing import polling
from content_pipeline.core.tasks.kinds import PUBLICATION
from content_pipeline.sensors import run_requests

POSTS_A_TICK: Final = 200
# Of each platform, however long it hangs: with eight more at each tick, a platform that hung took all connections.
AT_ONCE: Final = 8
# A platform that hangs takes 10 s for a question, and the posts of the others have their runs only when the tick ends.
TICK_SECONDS: Final = 5.0

# What is being asked, by publication: it is not asked again meanwhile, and a later tick takes the answer.
in_flight: Final[dict[UUID, Future[Task | None]]] = {}


@dg.sensor(
    job=jobs.JOBS[PUBLICATION.name],
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks the platforms about posts that they are at work on, and has those go on that are ready.",
)
def poll_platforms(_: dg.SensorEvaluationContext) -> dg.SensorResult:
    with transaction() as session:
        due = polling.claim_due(session, most=POSTS_A_TICK)
    for publication in due:
        if publication.id not in in_flight:
            in_flight[publication.id] = _askers(publication.platform).submit(polling.poll, publication)
    wait(in_flight.values(), timeout=TICK_SECONDS)
    return run_requests.sensor_result([task for task in _answers() if task])


@cache
def _askers(platform: str) -> ThreadPoolExecutor:
    """Each platform has its own, so that no other waits for one that hangs."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix=platform)


def _answers() -> Iterator[Task | None]:
    """Of all that was asked. What nobody came to ask yet is due again by itself; for the rest, a later tick looks."""
    for publication_id, question in list(in_flight.items()):
        if question.cancel() or question.done():
            del in_flight[publication_id]
            yield None if question.cancelled() else question.result()
