"""Sensors that ask HeyGen: about the videos that it is rendering, and about the account that pays for them."""

from typing import Final

import dagster as dg

from content_pipeline import jobs
from content_pipeline.assets.heygen_account import observed
from content_pipeline.core.avatars import heygen_account, polling
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks.kinds import AVATAR
from content_pipeline.sensors import intervals, run_requests

# Ten requests to HeyGen, which tells the state of a hundred videos in each.
VIDEOS_A_TICK: Final = 1000


@dg.sensor(
    job=jobs.JOBS[AVATAR.name],
    minimum_interval_seconds=intervals.EVERY_ROUND,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Polls HeyGen about the videos that it is rendering, and continues those that have ended.",
)
def poll_avatar_renders(_: dg.SensorEvaluationContext) -> dg.SensorResult:
    with transaction() as session:
        due = polling.claim_due(session, most=VIDEOS_A_TICK)
    return run_requests.sensor_result(polling.poll(due) if due else [])


@dg.sensor(
    minimum_interval_seconds=heygen_account.READ_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Observes the account at HeyGen, and keeps its balance for health checks.",
)
def observe_heygen_account(_: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    if settings().avatar_provider != "heygen":
        return dg.SkipReason("Avatars are not rendered by HeyGen.")
    return dg.SensorResult(asset_events=[observed(heygen_account.read())])
