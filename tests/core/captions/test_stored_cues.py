"""Stored cues: readiness check, deferred loading, version hash and the cost of a read."""

import random
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import inspect

from content_pipeline.core.captions import captions, stored_cues
from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.timed_words import Segment, Word

HELLO, GOODBYE = (Segment(0.0, 1.0, text, (Word(0.0, 1.0, text),)) for text in ("Hello.", "Goodbye."))

SCRIPT = ("Sourdough", "needs", "patience:", "feed", "the", "starter", "twice", "a", "day,", "and", "bake", "it.")
RECORDING = MediaInfo(1.0, True, False, 0, 0, 0.0, None, "flac", "flac", 1000)


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


def cue(start: float, words: int, seconds: float) -> Segment:
    """A cue of so many words, as a model times them."""
    lengths = random.Random(start)
    times = sorted(round(start + lengths.uniform(0, seconds), 3) for _ in range(words))
    texts = [lengths.choice(SCRIPT) for _ in times]
    spoken = (Word(time, time + 0.2, text) for time, text in zip(times, texts, strict=True))
    return Segment(start, start + seconds, " ".join(texts), tuple(spoken))


@pytest.mark.slow
@pytest.mark.parametrize(("words", "least", "most"), [(6, 3600, 3600), (9, 3600, 3600), (250, 15 * 3600, 100 * 3600)])
def test_captions_with_more_words_than_are_spoken_are_read_as_longer_ones(
    workspace_id: UUID, caption_id: UUID, words: int, least: float, most: float
) -> None:
    """Of one minute they can have as many as those of a day, by edits."""
    with transaction() as session:
        assert stored_cues.read_cost(session, workspace_id, caption_id) == 0
        captions.get(session, workspace_id, caption_id).media = replace(RECORDING, seconds=3600.0)
    store(workspace_id, caption_id, *(cue(2.4 * number, words, 2.4) for number in range(1500)))
    with transaction() as session:
        assert least <= stored_cues.read_cost(session, workspace_id, caption_id) <= most
        assert stored_cues.read_cost(session, uuid4(), caption_id) == 0
