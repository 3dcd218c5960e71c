"""The JSON of captions."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.schemas.captions import CaptionView, captions_json
from content_pipeline.core.media.timed_words import Segment, Word
from content_pipeline.core.models import Caption, Task
from tests.python_calls import calls_of

SECONDS = st.floats(0, 86_400)
WORDS = st.builds(Word, SECONDS, SECONDS, st.text(), language=st.sampled_from([None, "fr"]))
CUES = st.builds(Segment, SECONDS, st.floats(0.1, 86_400), st.text(), st.lists(WORDS).map(tuple))


def json_of(cues: list[Segment] | None) -> str:
    created_at = datetime(2026, 4, 30, tzinfo=UTC)
    caption = Caption(id=UUID(int=1), language="en", created_at=created_at)
    return captions_json(caption, Task(id="sync_1", state="processing" if cues is None else "done", progress=0), cues)


@pytest.mark.slow
@given(st.none() | st.lists(CUES))
def test_it_is_that_of_pydantic(cues: list[Segment] | None) -> None:
    assert json_of(cues) == CaptionView.model_validate_json(json_of(cues)).model_dump_json()


@pytest.mark.slow
@given(st.lists(CUES))
def test_it_has_all_cues_and_words(cues: list[Segment]) -> None:
    captions = json.loads(json_of(cues))
    assert [cue["text"] for cue in captions["segments"]] == [cue.text for cue in cues]
    assert [word["text"] for word in captions["words"]] == [word.text for cue in cues for word in cue.words]


def test_others_have_the_interpreter_between_two_words() -> None:
    """In one call, those of a day of speech kept it for 0.1 s."""
    words = (Word(0.0, 0.5, "hello"),) * 1_000
    assert calls_of(lambda: json_of([Segment(0.0, 1.0, "Hello.", words)])) > 2 * len(words)
