"""Byte ranges of Google's resumable upload protocol."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.api_error import ApiError
from sandbox.youtube.chunks import GRANULE, Chunk, kept_bytes, parse_chunk


@given(size=st.integers(1, 40 * GRANULE), granules=st.integers(1, 8))
def test_granules_up_to_the_last_piece_make_the_file(size: int, granules: int) -> None:
    stored = 0
    while stored < size:
        end = min(stored + granules * GRANULE, size)
        piece = parse_chunk(f"bytes {stored}-{end - 1}/{size}", end - stored)
        assert (piece.start, piece.end, piece.total, piece.is_status_query) == (stored, end, size, False)
        assert piece.bytes_to_skip(stored) == 0
        stored = kept_bytes(end, size)
    assert stored == size


@given(st.integers(1, 4 * GRANULE))
def test_a_piece_in_between_has_to_be_whole_granules(length: int) -> None:
    header = f"bytes 0-{length - 1}/{5 * GRANULE}"
    if length % GRANULE:
        with pytest.raises(ApiError, match="multiple of 262144"):
            parse_chunk(header, length)
    else:
        assert parse_chunk(header, length).end == length


@given(received=st.integers(0, 4 * GRANULE), size=st.integers(0, 4 * GRANULE))
def test_of_a_broken_request_whole_granules_last(received: int, size: int) -> None:
    last = kept_bytes(received, size)
    assert last == received if received == size else last % GRANULE == 0 and received - last < GRANULE


def test_a_request_without_bytes_is_a_status_query() -> None:
    assert parse_chunk("bytes */700", 0) == Chunk(0, 0, 700)
    assert parse_chunk("bytes */700", 0).is_status_query
    assert parse_chunk("bytes */*", 0) == Chunk(0, 0, None)


def test_a_request_without_the_header_brings_everything() -> None:
    assert parse_chunk(None, 700) == Chunk(0, 700, 700)


def test_bytes_that_are_there_already_are_skipped_and_missing_ones_are_named() -> None:
    piece = parse_chunk(f"bytes {GRANULE}-{2 * GRANULE - 1}/{3 * GRANULE}", GRANULE)
    assert [piece.bytes_to_skip(stored) for stored in (GRANULE, GRANULE + 7, 3 * GRANULE)] == [0, 7, GRANULE]
    with pytest.raises(ApiError, match="exceeds already uploaded size of 0"):
        piece.bytes_to_skip(0)


@pytest.mark.parametrize(
    ("header", "length"),
    [
        ("bytes 0-9", 10),
        ("0-9/10", 10),
        ("bytes 0-9/10", 9),
        ("bytes 0-9/9", 10),
        ("bytes 9-0/10", 10),
        ("bytes */10", 10),
        ("bytes 0-9/*", 10),
    ],
)
def test_a_header_that_does_not_fit_the_request_is_refused(header: str, length: int) -> None:
    with pytest.raises(ApiError) as refused:
        parse_chunk(header, length)
    assert refused.value.status == 400
