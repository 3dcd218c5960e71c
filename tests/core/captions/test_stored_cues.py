"""Cues as they are stored: whether they are ready, when they are loaded, and their version."""

from uuid import UUID

import pytest
from sqlalchemy import inspect

from content_pipeline.core.captions import captions, stored_cues
from content_pipeline.core.database import transaction
from content_pipeline.core.errors import Conflict
from content_pipeline.core.media.timed_words import Segment, Word

HELLO, GOODBYE = (Segment(0.0, 1.0, text, (Word(0.0, 1.0, text),)) for text in ("Hello.", "Goodbye."))


@pytest.fixture
def caption_id(workspace_id: UUID) -> UUID:
    with transaction() as session:
        caption, _ = captions.create_with_task(
            session, workspace_id=workspace_id, source_url="http://8.8.8.8/a.mp4", language="en", burn_in=False
        )
    return caption.id


def store(workspace_id: UUID, caption_id: UUID, *cues: Segment) -> None:
    with transaction() as session:
        captions.get(session, workspace_id, caption_id).segments = cues


def test_whether_captions_are_ready_is_found_without_loading_them(workspace_id: UUID, caption_id: UUID) -> None:
    """A post with the subtitles of a day of speech took 1 s for it."""
    with transaction() as session, pytest.raises(Conflict, match="not ready"):
        stored_cues.check_ready(captions.get(session, workspace_id, caption_id))
    store(workspace_id, caption_id, HELLO)
    with transaction() as session:
        caption = captions.get(session, workspace_id, caption_id)
        stored_cues.check_ready(caption)
        assert {"segments", "words", "translated"} <= inspect(caption).unloaded


def test_a_lock_shows_what_others_have_stored_since(workspace_id: UUID, caption_id: UUID) -> None:
    store(workspace_id, caption_id, HELLO)
    with transaction() as session:
        assert stored_cues.segments(captions.get(session, workspace_id, caption_id)) == (HELLO,)
        store(workspace_id, caption_id, GOODBYE)
        locked = captions.get(session, workspace_id, caption_id, lock=True)
        assert stored_cues.segments(locked) == (GOODBYE,)


def test_the_version_is_that_of_the_cues() -> None:
    versions = {stored_cues.version(cues) for cues in [(), (HELLO,), (HELLO, GOODBYE), (GOODBYE, HELLO)]}
    assert len(versions) == 4
    assert stored_cues.version([HELLO]) in versions
