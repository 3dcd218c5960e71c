"""The twin of captions and burn-ins, by the video made here or by the calendar item that names them."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from content_pipeline.core.captions import burn_ins
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.models import Caption, Twin
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.tasks import source_twins
from tests.factories import make_item, make_twin


@pytest.fixture
def twin(workspace_id: UUID) -> Twin:
    with transaction() as session:
        return make_twin(session, workspace_id)


@pytest.fixture
def reel_uri(twin: Twin) -> str:
    """The URI of a video of the twin."""
    with transaction() as session:
        reel = reels.create(session, twin, ReelSpec(script="Hello.", platform="tiktok", voice_id="en-US"))
        return storage.uri(reels.object_key(reel, "reel.mp4"))


def make_captions(session: Session, twin: Twin, source_url: str | None = None) -> Caption:
    caption = Caption(
        id=uuid4(), workspace_id=twin.workspace_id, source_url=source_url, language="en", created_at=now()
    )
    session.add(caption)
    session.flush()
    return caption


def test_captions_of_a_twins_video_and_their_burn_ins_are_the_twins(twin: Twin, reel_uri: str) -> None:
    with transaction() as session:
        caption = make_captions(session, twin, reel_uri)
        burned = burn_ins.create(session, caption, Style())
        key = f"{twin.workspace_id}/captions/{caption.id}/burn_ins/{burned.id}.mp4"
        again = make_captions(session, twin, storage.uri(key))
        assert source_twins.of_captions(session, caption.id) == twin.id
        assert source_twins.of_burn_in(session, burned.id) == twin.id
        assert source_twins.of_captions(session, again.id) == twin.id


def test_a_burn_in_into_a_twins_video_is_the_twins_whatever_its_captions_are_of(twin: Twin, reel_uri: str) -> None:
    with transaction() as session:
        burned = burn_ins.create(session, make_captions(session, twin), Style(), source_url=reel_uri)
        assert source_twins.of_burn_in(session, burned.id) == twin.id


def test_captions_that_a_calendar_item_names_are_of_its_twin(twin: Twin) -> None:
    with transaction() as session:
        caption = make_captions(session, twin)
        burned = burn_ins.create(session, caption, Style())
        make_item(session, twin).caption_id = caption.id
        session.flush()
        assert source_twins.of_captions(session, caption.id) == twin.id
        assert source_twins.of_burn_in(session, burned.id) == twin.id


def test_a_clients_recording_has_no_twin(twin: Twin) -> None:
    gone = f"s3://bucket/{twin.workspace_id}/reels/{uuid4()}/reel.mp4"
    with transaction() as session:
        for source in (None, "https://example.com/reels/1/reel.mp4", gone):
            assert source_twins.of_captions(session, make_captions(session, twin, source).id) is None
        assert source_twins.of_captions(session, uuid4()) is None
        assert source_twins.of_burn_in(session, uuid4()) is None
