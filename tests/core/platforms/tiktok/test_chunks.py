"""Chunks of TikTok uploads."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.platforms.tiktok.chunks import Chunks

MB = 1_000_000
SIZES = st.integers(1, 4_000_000_000) | st.integers(1, 40 * MB)


@given(SIZES)
def test_a_cut_keeps_to_tiktoks_rules(size: int) -> None:
    chunks = Chunks(size)
    assert chunks.count == size // chunks.chunk
    assert 1 <= chunks.count <= 1000
    start, end = chunks.bounds(chunks.last)
    if size < 5 * MB:
        assert (chunks.chunk, chunks.count) == (size, 1)
    else:
        assert 5 * MB <= chunks.chunk <= 64 * MB
        assert 5 * MB <= end - start <= 128 * MB
    if size > 64 * MB:
        assert chunks.count > 1


@given(SIZES)
def test_the_chunks_are_the_file_in_order(size: int) -> None:
    chunks = Chunks(size)
    bounds = [chunks.bounds(number) for number in range(chunks.count)]
    assert bounds[0][0] == 0
    assert bounds[-1][1] == size
    assert all(end == start for (_, end), (start, _) in pairwise(bounds))
    assert {end - start for start, end in bounds[:-1]} <= {chunks.chunk}


@pytest.mark.slow
@given(SIZES, st.data())
def test_as_many_chunks_are_there_as_their_bytes(size: int, data: st.DataObject) -> None:
    chunks = Chunks(size)
    number = data.draw(st.integers(0, chunks.last))
    start, end = chunks.bounds(number)
    assert chunks.whole(start) == number
    assert chunks.whole(end - 1) >= number
    assert chunks.whole(end) == number + 1
