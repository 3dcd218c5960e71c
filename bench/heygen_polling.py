"""Polling HeyGen about 500 videos in flight: duration of a tick, worker slots held, start latency of other runs."""

import random
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from bench.environment import PLAN, Environment
from bench.figures import Figure, Reference, Target, median
from bench.start_latency import start
from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import AvatarVideo, Twin
from tests.polling import until
from tests.sandbox.heygen import customer
from tests.stack.client import Client
from tests.stack.harness import Stack

WAITING = 500
_FAR = timedelta(days=365)
_TICKS = """query Ticks($sensor: SensorSelector!) { sensorOrError(sensorSelector: $sensor) { ... on Sensor {
  sensorState { ticks(limit: 1) { timestamp endTimestamp } } } } }"""
_SENSOR = {
    "repositoryLocationName": "content_pipeline",
    "repositoryName": "__repository__",
    "sensorName": "poll_avatar_renders",
}


def measure(environment: Environment) -> Iterator[Figure]:
    stack, times = environment.stack, environment.times(9)
    name = f"bench-{uuid4()}"
    with stack.client(name, PLAN) as client:
        idle_ticks = [_tick_seconds(stack) for _ in range(times)]
        idle_starts = [_start_seconds(environment, client) for _ in range(times)]
        videos = _waiting_videos(stack, UUID(client.create_twin()))
        ticks = [_poll_seconds(stack, videos) for _ in range(times)]
        starts, held = [], 0
        for _ in range(times):
            starts.append(_start_seconds(environment, client))
            held = max(held, _held_slots(stack))
    what = f"{WAITING} videos at HeyGen"
    idle = Reference("with none", median(idle_ticks))
    yield Figure(f"{what}: tick that polls all, median", median(ticks), "s", idle, samples=times)
    yield Figure(f"{what}: tick that polls all, worst", max(ticks), "s", idle, Target(2), times)
    yield Figure(f"{what}: worker slots they hold", held, "", target=Target(0), samples=times)
    idle = Reference("with none", median(idle_starts))
    yield Figure(f"{what}: start of another run, median", median(starts), "s", idle, Target(1.5, of="ratio"), times)
    stack.sql("update avatar_videos set poll_at = null where id = any(:videos)", videos=videos)


def _start_seconds(environment: Environment, client: Client) -> float:
    environment.idle()
    time.sleep(random.random())
    made = start(client, environment.sentence)
    client.wait_for_task(made.task_id)
    return made.sent


def _waiting_videos(stack: Stack, twin_id: UUID) -> list[UUID]:
    """Videos that HeyGen's stand-in has just accepted, and their tasks, which wait for it. Returns their ids."""
    stack.sandbox.set(heygen_wallet_usd=1_000_000)
    with Session(stack.engine.execution_options(isolation_level="READ COMMITTED")) as session, session.begin():
        twin = session.get_one(Twin, twin_id)
        videos = [_video(twin, customer.create(stack.sandbox)) for _ in range(WAITING)]
        session.add_all(videos)
        session.flush()
        for video in videos:
            task = avatar_videos.create_task(session, video)
            task.state, task.not_before = "waiting", now() + _FAR
        return [video.id for video in videos]


def _video(twin: Twin, external_id: str) -> AvatarVideo:
    return AvatarVideo(
        id=uuid4(),
        workspace_id=twin.workspace_id,
        twin_id=twin.id,
        provider="heygen",
        script=customer.VIDEO["script"],
        voice_id=twin.voice_id,
        avatar_id=customer.VIDEO["avatar_id"],
        captions=False,
        seed=0,
        estimated_seconds=600,
        created_at=now(),
        submissions=1,
        external_id=external_id,
        waits_until=now() + _FAR,
    )


def _poll_seconds(stack: Stack, videos: list[UUID]) -> float:
    """Seconds of the tick that asks about all videos at once."""
    _tick_seconds(stack)  # so that they become due between two ticks
    stack.sql("update avatar_videos set poll_at = now(), polls = 0 where id = any(:videos)", videos=videos)
    seconds = _tick_seconds(stack)
    asked = "select count(*) from avatar_videos where id = any(:videos) and polls > 0"
    assert stack.sql(asked, videos=videos) == [(len(videos),)]
    return seconds


def _tick_seconds(stack: Stack) -> float:
    """Seconds of the sensor's next tick, from its start until its result is stored."""
    began = now().timestamp()

    def next_tick() -> float | None:
        (tick,) = stack.graphql(_TICKS, sensor=_SENSOR)["sensorOrError"]["sensorState"]["ticks"] or [None]
        if tick is None or tick["timestamp"] < began or tick["endTimestamp"] is None:
            return None
        return float(tick["endTimestamp"] - tick["timestamp"])

    return until(next_tick, seconds=60, what="a tick of the sensor")


def _held_slots(stack: Stack) -> int:
    ((held,),) = stack.sql("select count(*) from executions where subject like 'avatar:%' and not stop")
    return int(held)
