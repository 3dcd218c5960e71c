"""Reel assets: a video is not made again while it is being published."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Reel, Twin
from content_pipeline.core.tasks.open_posts import check_may_be_made
from tests.asset_runs import execute_job, recorded
from tests.core.publishing import posting
from tests.core.publishing.posting import Stage
from tests.factories import make_item


@pytest.fixture
def stage(workspace_id: UUID, tmp_path: Path) -> Iterator[Stage]:
    with posting.stage(workspace_id, tmp_path) as stage:
        yield stage


def reel_of(post: str) -> Reel:
    reel_id = posting.publication(post).reel_id
    assert reel_id
    with transaction() as session:
        return session.get_one(Reel, reel_id)


def content(reel: Reel, folder: Path) -> bytes:
    storage.fetch(str(reel.output_key), folder / "stored.mp4")
    return (folder / "stored.mp4").read_bytes()


def test_a_re_run_leaves_the_video_of_an_open_post_alone_and_says_why(stage: Stage, tmp_path: Path) -> None:
    post = stage.post(stage.account())
    reel = reel_of(post)
    before = content(reel, tmp_path)
    result = execute_job("reel", str(reel.id))
    assert not result.success
    assert not recorded(result)
    assert "This video is being published" in str([event.event_specific_data for event in result.all_events])
    assert (content(reel, tmp_path), reel_of(post).narration_key) == (before, None)


@pytest.mark.parametrize("end", ["published", "canceled"])
def test_it_may_be_made_again_after_the_post(stage: Stage, end: str) -> None:
    post = stage.post(stage.account())
    with transaction() as session, pytest.raises(Conflict):
        check_may_be_made(session, reel_of(post))
    if end == "published":
        stage.run_to_end(post)
    else:
        posting.cancel(post)
    with transaction() as session:
        check_may_be_made(session, reel_of(post))


@pytest.mark.slow
def test_a_reel_and_its_narration_lead_to_their_twin_calendar_item_and_newest_post(stage: Stage) -> None:
    post = stage.post(stage.account())
    assert stage.run_to_end(post).state == "done"
    reel = reel_of(post)
    with transaction() as session:
        item = make_item(session, session.get_one(Twin, reel.twin_id), title="Bread", reel_id=reel.id)
        session.get_one(Reel, reel.id).script = "Hello. " * 3
    made = recorded(execute_job("reel", str(reel.id)))
    for shown in (made["narration"], made["reel_video"]):
        assert shown["twin"] == f"[Tech Creator](/records/twins/{reel.twin_id})"
        assert shown["calendar_item"] == f"[Bread](/records/calendar_items/{item.id})"
        assert shown["publication"].endswith(f"](/records/publications/{post})")
        assert shown["row"].endswith(f"](/records/reels/{reel.id})")
    assert made["reel_video"]["script"] == "Hello. " * 3
