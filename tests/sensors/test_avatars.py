"""The sensor that polls HeyGen."""

from uuid import UUID

import dagster as dg
import pytest

from content_pipeline.core.avatars import heygen_account
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AvatarVideo
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks.partition_keys import row_id
from content_pipeline.definitions import definitions
from content_pipeline.sensors.avatars import observe_heygen_account, poll_avatar_renders
from tests.avatar_videos import request, work
from tests.core.avatars.heygen_renders import RENDERED_SECONDS, some_avatar
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.slow


def tick() -> list[str]:
    """The rows that a tick starts runs for."""
    result = poll_avatar_renders(dg.build_sensor_context())
    assert isinstance(result, dg.SensorResult)
    return [row_id(str(run.partition_key)) for run in result.run_requests or []]


def test_a_video_that_has_ended_gets_one_run(heygen: Sandbox, workspace_id: UUID) -> None:
    task = request(workspace_id, avatar_id=some_avatar(), captions=False)
    work(task)
    assert tick() == []
    heygen.advance(RENDERED_SECONDS)
    assert tick() == [task.key]
    assert tick() == []


def test_the_account_at_heygen_is_observed_and_its_balance_kept(heygen: Sandbox, workspace_id: UUID) -> None:
    work(request(workspace_id, avatar_id=some_avatar()))
    heygen.set(heygen_wallet_usd=8.0)
    with dg.instance_for_test() as instance:
        context = dg.build_sensor_context(instance=instance, definitions=definitions)
        (event,) = observe_heygen_account.evaluate_tick(context).asset_events
    assert isinstance(event, dg.AssetObservation)
    assert event.asset_key == dg.AssetKey("heygen_account")
    assert (event.metadata["level"].value, event.metadata["videos_in_flight"].value) == ("low", 1)
    assert 0 < float(str(event.metadata["balance"].value)) < 8
    with transaction() as session:
        assert heygen_account.balance_level(session) == "low"


def test_heygen_is_not_asked_about_an_account_that_nothing_uses(
    heygen: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "avatar_provider", "local")
    asked = len(heygen.requests())
    assert isinstance(observe_heygen_account(dg.build_sensor_context()), dg.SkipReason)
    assert len(heygen.requests()) == asked


def test_hundreds_of_videos_are_asked_about_a_hundred_at_a_time(heygen: Sandbox, workspace_id: UUID) -> None:
    tasks = [request(workspace_id, avatar_id=some_avatar()) for _ in range(120)]
    with transaction() as session:
        for number, task in enumerate(tasks):
            video = session.get_one(AvatarVideo, UUID(task.key))
            video.external_id, video.poll_at, video.waits_until = f"unknown-{number}", video.created_at, None
    assert tick() == []
    asked = [request for request in heygen.requests() if "statuses" in str(request)]
    assert len(asked) == 2
