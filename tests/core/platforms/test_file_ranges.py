"""Byte ranges of files as request bodies."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content_pipeline.core.platforms import file_ranges
from content_pipeline.core.platforms.file_ranges import file_range


@given(st.binary(max_size=3000), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_a_piece_is_exactly_its_bytes_as_often_as_it_is_read(
    tmp_path: Path, content: bytes, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    path = tmp_path / "file"
    path.write_bytes(content)
    part = file_range(path, start, end)
    assert [b"".join(part), b"".join(part)] == [content[start:end]] * 2


def test_a_piece_is_never_held_in_memory_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(3 * file_ranges.BLOCK_BYTES))
    assert [len(block) for block in file_range(path, 1, 2 * file_ranges.BLOCK_BYTES)] == [
        file_ranges.BLOCK_BYTES,
        file_ranges.BLOCK_BYTES - 1,
    ]
