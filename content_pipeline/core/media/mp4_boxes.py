"""Reads MP4/MOV boxes that FFmpeg does not expose: the duration in the movie header, whether moov precedes mdat."""

import struct
from pathlib import Path
from typing import BinaryIO, Final

# A recording of a day in fragments of a second has 170,000. A file of 500 MB may have 60 million empty ones.
MAX_BOXES: Final = 500_000


def header_seconds(path: Path) -> float:
    """Duration in the movie header (moov/mvhd), in seconds; 0 where it is missing or unknown."""
    with path.open("rb") as stream:
        if not _enter_box(stream, b"moov", path.stat().st_size) or not _enter_box(stream, b"mvhd", path.stat().st_size):
            return 0.0
        header = stream.read(32).ljust(32, b"\0")
    scale, length = struct.unpack_from(">IQ", header, 20) if header[0] == 1 else struct.unpack_from(">II", header, 12)
    unknown = length in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return 0.0 if unknown or not scale else float(length / scale)


def content(path: Path, name: bytes, *, most: int) -> bytes:
    """The content of the first box of the file called `name`; empty where it is missing or has over `most` bytes."""
    with path.open("rb") as stream:
        if not _enter_box(stream, name, path.stat().st_size):
            return b""
        stream.seek(-8, 1)
        size, _ = struct.unpack(">I4s", stream.read(8))
        return stream.read(size - 8) if 8 <= size <= most + 8 else b""


def is_faststart(path: Path) -> bool:
    """Whether moov precedes mdat, so that the file can be played while it downloads."""
    with path.open("rb") as stream:
        end = path.stat().st_size
        index = stream.tell() if _enter_box(stream, b"moov", end) else end
        stream.seek(0)
        media = stream.tell() if _enter_box(stream, b"mdat", end) else end
    return index < media


def _enter_box(stream: BinaryIO, name: bytes, end: int) -> bool:
    """Seek to the content of the next sibling box called `name`; False when there is none."""
    for _ in range(MAX_BOXES):
        start = stream.tell()
        size, kind = struct.unpack(">I4s", stream.read(8).ljust(8, b"\0"))
        if size == 1:  # a 64-bit size follows, as with recordings over 4 GB
            (size,) = struct.unpack(">Q", stream.read(8).ljust(8, b"\0"))
        if kind == name:
            return True
        # 0: extends to the end of the file; 1 to 7 is invalid; what claims to end after the file is the last one, too.
        if size < 8 or start + size >= end:
            return False
        stream.seek(start + size)
    return False
