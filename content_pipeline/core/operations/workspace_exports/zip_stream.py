"""Streams a ZIP file: its entries are read while it is being read, so that it is never in memory or on a disk."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from content_pipeline.core.infrastructure.clock import now

# The ZIP is read in pieces of this size, from which an upload puts together its parts of 32 MB.
_BUFFER_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the ZIP: its name, its content, and whether it is compressed (videos are already)."""

    name: str
    content: Iterable[bytes]
    is_compressed: bool


def open_zip(entries: Iterable[Entry]) -> io.BufferedReader:
    """A stream of the ZIP file of these entries. Reading it raises what reading their content raises."""
    return io.BufferedReader(_Chunks(_zip(entries)), _BUFFER_BYTES)


def _zip(entries: Iterable[Entry]) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, now().timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED if entry.is_compressed else zipfile.ZIP_STORED
            with archive.open(info, "w", force_zip64=True) as file:  # its size is not known yet
                for chunk in entry.content:
                    file.write(chunk)
                    yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Where the ZIP is written to; it cannot seek, so sizes follow the content of each entry."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:  # type: ignore[no-untyped-def]  # bytes, or a buffer of them
        self._written += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last call."""
        taken = bytes(self._written)
        self._written.clear()
        return taken


class _Chunks(io.RawIOBase):
    """A stream of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]  # a writable buffer
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
