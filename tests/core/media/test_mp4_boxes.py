"""Boxes of MP4 files, those of hostile ones too."""

import struct
from pathlib import Path

import pytest

from content_pipeline.core.media import mp4_boxes

ENDLESS = struct.pack(">I4sQ", 1, b"free", 2**64 - 1)


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (box(b"ftyp") + box(b"moov") + box(b"mdat"), True),
        (box(b"ftyp") + box(b"mdat") + box(b"moov"), False),
        (box(b"moov") + ENDLESS, True),
        (box(b"mdat") + ENDLESS, False),
        (box(b"moov") + struct.pack(">I4s", 2**32 - 1, b"free"), True),
        (box(b"free") * 100 + box(b"moov") + box(b"mdat"), True),
        (box(b"moov")[:5], False),
        (b"", False),
    ],
)
def test_the_index_is_first_where_it_is_before_the_content(tmp_path: Path, content: bytes, expected: bool) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert mp4_boxes.is_faststart(path) is expected


def test_a_box_without_end_before_the_header_hides_it(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(box(b"moov", ENDLESS + box(b"mvhd", bytes(32))))
    assert mp4_boxes.header_seconds(path) == 0.0


def test_no_more_boxes_are_looked_at_than_a_recording_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mp4_boxes, "MAX_BOXES", 100)
    path = tmp_path / "a.mp4"
    path.write_bytes(box(b"free") * 100 + box(b"moov") + box(b"mdat"))
    assert not mp4_boxes.is_faststart(path)
