"""Values of columns come back from the database as what they were."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.timed_words import Segment, Word
from content_pipeline.core.models import Caption
from tests.python_calls import calls_of

WORDS = (Word(0.0, 0.5, "今日", spaced=False), Word(0.5, 1.0, "ok"))
SEGMENTS = (Segment(0.0, 1.0, "今日\nok", WORDS),)
MEDIA = MediaInfo(1.0, True, False, 0, 0, 0.0, None, "flac", "flac", 1000)


def test_words_segments_and_media_survive_the_database(caption_id: UUID) -> None:
    with transaction() as session:
        caption = session.get_one(Caption, caption_id)
        caption.words, caption.segments, caption.media = WORDS, SEGMENTS, MEDIA
    with transaction() as session:
        found = session.get_one(Caption, caption_id)
        assert (found.words, found.segments, found.media) == (WORDS, SEGMENTS, MEDIA)


def test_others_have_the_interpreter_between_two_words_of_a_long_recording() -> None:
    """Those of a day were validated in one call of 0.1 s, in which the API answered nobody."""
    words, column = tuple(Word(float(n), n + 0.5, "hello") for n in range(1_000)), Caption.__table__.c.words.type
    stored: list[Any] = []
    assert calls_of(lambda: stored.extend(column.process_bind_param(words, postgresql.dialect()))) >= len(words)
    assert calls_of(lambda: column.process_result_value(stored, postgresql.dialect())) >= len(words)


def test_none_is_null(caption_id: UUID) -> None:
    with transaction() as session:
        caption = session.get_one(Caption, caption_id)
        assert (caption.words, caption.media) == (None, None)
        assert session.scalar(text("select words is null from captions where id = :id"), {"id": caption_id})
