"""Asset `burned_in_video`: a video with captions is not made again while it is being published."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from content_pipeline.core.captions import burn_ins, captions
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library import sources
from content_pipeline.core.library.sources import Source
from content_pipeline.core.media import video
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.media.timed_words import Segment, Word
from content_pipeline.core.models import BurnIn, Caption
from tests.asset_runs import execute_job, recorded
from tests.caption_requests import request_captions
from tests.core.publishing import posting
from tests.core.publishing.posting import Stage
from tests.media import samples

pytestmark = pytest.mark.slow


@pytest.fixture
def stage(workspace_id: UUID, tmp_path: Path) -> Iterator[Stage]:
    with posting.stage(workspace_id, tmp_path) as stage:
        yield stage


@pytest.fixture
def burned(workspace_id: UUID, tmp_path: Path) -> BurnIn:
    """A finished video with captions."""
    task = request_captions(workspace_id, samples.video(tmp_path / "clip.mp4", seconds=1))
    with transaction() as session:
        caption = session.get_one(Caption, UUID(task.key))
        caption.segments = (Segment(0.1, 0.9, "Hello there.", (Word(0.1, 0.4, "Hello"), Word(0.5, 0.9, "there."))),)
        burned, _ = burn_ins.create_with_task(session, caption, Style())
    assert execute_job("burn_in", str(burned.id)).success
    with transaction() as session:
        return session.get_one(BurnIn, burned.id)


def edit(burned: BurnIn) -> None:
    with transaction() as session:
        caption = captions.get(session, burned.workspace_id, burned.caption_id, lock=True)
        captions.edit(caption, [(0.1, 0.9, "Hello, bear.")])


def content(burned: BurnIn, folder: Path) -> bytes:
    storage.fetch(str(burned.output_key), folder / "stored.mp4")
    return (folder / "stored.mp4").read_bytes()


def test_a_re_run_leaves_the_video_of_an_open_post_alone_and_says_why(
    stage: Stage, burned: BurnIn, tmp_path: Path
) -> None:
    post = stage.post(stage.account(), source=Source(burned))
    before = content(burned, tmp_path)
    edit(burned)
    result = execute_job("burn_in", str(burned.id))
    assert not result.success
    assert not recorded(result)
    assert "This video is being published" in str([event.event_specific_data for event in result.all_events])
    assert content(burned, tmp_path) == before
    posting.cancel(post)
    assert execute_job("burn_in", str(burned.id)).success
    with transaction() as session:
        assert content(session.get_one(BurnIn, burned.id), tmp_path) != before


@pytest.mark.parametrize(("module", "step"), [(video, "burn_in"), (storage, "put")])
def test_a_post_that_is_requested_while_the_video_is_made_again_has_the_one_that_there_was(
    stage: Stage, burned: BurnIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, step: str
) -> None:
    """Before the new one is stored, and when it is."""

    def work_during_a_request(*arguments: Any, **options: Any) -> None:
        work(*arguments, **options)
        patch.undo()
        posts.append(stage.post(stage.account(), source=Source(burned)))

    posts = list[str]()
    work = getattr(module, step)
    before = content(burned, tmp_path)
    edit(burned)
    with monkeypatch.context() as patch:
        patch.setattr(module, step, work_during_a_request)
        result = execute_job("burn_in", str(burned.id))
    assert not result.success
    assert "This video is being published" in str([event.event_specific_data for event in result.all_events])
    assert stage.run_to_end(posts[0]).state == "done"
    assert content(burned, tmp_path) == before
    with transaction() as session:
        assert session.get_one(BurnIn, burned.id).output_key == burned.output_key


def test_the_file_that_a_video_had_stays_for_those_who_have_its_link(burned: BurnIn, tmp_path: Path) -> None:
    before = content(burned, tmp_path)
    link = storage.signed_url(str(burned.output_key))
    edit(burned)
    assert execute_job("burn_in", str(burned.id)).success
    assert content(burned, tmp_path) == before
    with transaction() as session:
        again = session.get_one(BurnIn, burned.id)
        assert sources.resolve_link(session, burned.workspace_id, link, kinds=sources.VIDEO).stored is again
    assert content(again, tmp_path) != before
