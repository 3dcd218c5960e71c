"""The JSON of captions."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from api.schemas.captions import CaptionView, SegmentView, WordView
from tests.python_calls import calls_of

SECONDS = st.floats(0, 86_400)
SEGMENTS = st.builds(SegmentView, start=SECONDS, end=st.floats(0.1, 86_400), text=st.text())
WORDS = st.builds(WordView, start=SECONDS, end=SECONDS, text=st.text(), language=st.sampled_from([None, "fr"]))


def view(segments: list[SegmentView] | None, words: list[WordView] | None, srt: str | None = None) -> CaptionView:
    return CaptionView(
        id=UUID(int=1),
        task_id="sync_1",
        status="done",
        language="en",
        spoken_language="en",
        language_probability=0.98,
        error=None,
        created_at=datetime(2026, 4, 30, tzinfo=UTC),
        edited_at=None,
        srt=srt,
        vtt=None,
        segments=segments,
        words=words,
    )


@given(st.none() | st.lists(SEGMENTS), st.none() | st.lists(WORDS), st.none() | st.text())
def test_it_is_that_of_pydantic(
    segments: list[SegmentView] | None, words: list[WordView] | None, srt: str | None
) -> None:
    captions = view(segments, words, srt)
    assert captions.to_json() == captions.model_dump_json()


def test_others_have_the_interpreter_between_two_words() -> None:
    """In one call, those of a day of speech kept it for 0.1 s."""
    words = [WordView(start=0.0, end=0.5, text="hello", language=None)] * 1_000
    assert calls_of(view([], words).to_json) > len(words)
