"""When the work of others is polled."""

from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.tasks.polling import backoff_seconds


@given(polls_so_far=st.integers(0, 60))
def test_polls_come_less_and_less_often(polls_so_far: int) -> None:
    assert 4 <= backoff_seconds(polls_so_far, longest=120.0) <= 144
    assert backoff_seconds(polls_so_far + 3, longest=1e9) > backoff_seconds(polls_so_far, longest=1e9)
