"""Requests for avatar videos."""

from uuid import UUID

import pytest

from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.avatars.avatar_videos import AvatarSpec
from content_pipeline.core.infrastructure.database import transaction
from tests.factories import make_twin

pytestmark = pytest.mark.usefixtures("database")

SCRIPT = "Let us look at how long it takes to say this, and what a video of it is expected to cost."


def test_a_video_has_the_pace_of_its_twin_and_costs_less_the_faster_it_is(workspace_id: UUID) -> None:
    with transaction() as session:
        slow, fast = (
            avatar_videos.create(
                session,
                make_twin(session, workspace_id, speed=speed, pause=pause),
                AvatarSpec(script=SCRIPT),
            )
            for speed, pause in ((0.8, 1.0), (1.4, 0.0))
        )
    assert (slow.speed, slow.pause) == (0.8, 1.0)
    assert (fast.speed, fast.pause) == (1.4, 0.0)
    assert fast.estimated_seconds < slow.estimated_seconds
