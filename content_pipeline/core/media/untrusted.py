"""Reads untrusted media and pictures in a child process with limits of memory and time.

A few bytes can decode to gigabytes, or make a parser allocate them. There they end the child with an error of the
file, and not the API or the worker, which see only checked and bounded answers.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Final
from uuid import UUID

import structlog
from PIL import Image
from pydantic import TypeAdapter

from content_pipeline.core.errors import Error, InternalError, MediaUnusable, NotMedia
from content_pipeline.core.infrastructure.processes import child_process
from content_pipeline.core.infrastructure.processes.fork_server import ForkedProcess, ForkServer
from content_pipeline.core.media.fair_semaphore import FairSemaphore
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.source_streams import SourceStreams
from content_pipeline.core.media.untrusted_process import FAILED, REFUSED

log = structlog.get_logger()

# The child itself maps 0.13 GB. A picture of 40 million pixels takes 0.5 GB to turn and fit; a video frame of as many
# takes 0.24 GB at 16 bits; an index of four hours 0.1 GB.
MEMORY_BYTES: Final = 1 << 30
# Wall time for an answer; `untrusted_process` limits the CPU time, also of sound, for whose reader it may have to wait.
ANSWER_SECONDS: Final = 60.0

# As many at once in a process, so that 40 threads of the API do not take 40 times the memory. One workspace could hold
# all of them for a minute each, with files that take long, and has half of the cores for it: with both of two, reads of
# others took 2.4 times as long (bench/noisy_neighbor.py).
_SLOTS: Final = FairSemaphore(most=4, per_owner=min(max((os.cpu_count() or 1) // 2, 1), 2))

_PROGRAM: Final = "content_pipeline.core.media.untrusted_process"
READER: Final = ForkServer(_PROGRAM)

# Errors that the child reports.
_ERRORS: Final = {kind.__name__: kind for kind in (NotMedia, MediaUnusable, InternalError)}

_STREAMS: Final = TypeAdapter(SourceStreams)


def probe(path: Path, workspace_id: UUID | None = None) -> MediaInfo:
    """As `probe.probe`. Raises what it raises, and MediaUnusable `media_too_complex`.

    With a workspace, as in the API, it takes one of the slots that a workspace may have.
    """
    return MediaInfo(**json.loads(_answer(path, "probe", workspace_id=workspace_id)))


def thumbnail(path: Path) -> bytes:
    """The first frame as `thumbnails.of_frame` makes it; empty without pictures. Raises as `probe`."""
    return _answer(path, "thumbnail")


def examine(path: Path, language: str | None = None) -> SourceStreams:
    """As `source_streams.examine`. Raises as `probe` does."""
    return _STREAMS.validate_json(_answer(path, "examine", language or ""))


def picture_size(path: Path, formats: Sequence[str], workspace_id: UUID | None = None) -> tuple[int, int]:
    """Width and height of a picture as it is shown. `formats` are Pillow's names or `heif.FORMAT`, `workspace_id` is
    as in `probe`.

    Raises NotMedia `not_picture`, `heif_picture`, MediaUnusable `picture_too_large`, `picture_unreadable`,
    `media_too_complex`.
    """
    width, height = json.loads(_answer(path, "picture_size", *formats, workspace_id=workspace_id))
    return width, height


def picture(path: Path, formats: Sequence[str], size: tuple[int, int]) -> Image.Image:
    """The middle of a picture in `size`, RGB. Raises as `picture_size` does."""
    pixels = _answer(path, "picture", *map(str, size), *formats)
    return Image.frombytes("RGB", size, pixels)


@contextmanager
def sound(path: Path, *, rate: int, channels: int, language: str | None = None) -> Iterator[IO[bytes]]:
    """A stream of the file's sound: float32 samples, interleaved, as `sample_decoding.mono` or `stereo` decodes it.

    `language` chooses among sound tracks. It need not be read to its end. Its errors are raised when the block ends:
    as `sample_decoding` and `probe` raise.
    """
    with _child(path, {1: "mono", 2: "stereo"}[channels], str(rate), language or "") as answer:
        yield answer


def _answer(path: Path, *command: str, workspace_id: UUID | None = None) -> bytes:
    with _SLOTS.slot(workspace_id), _child(path, *command, seconds=ANSWER_SECONDS) as answer:
        return answer.read()


@contextmanager
def _child(path: Path, *command: str, seconds: float | None = None) -> Iterator[IO[bytes]]:
    with (
        path.open("rb") as file,
        tempfile.TemporaryFile() as said,
        _started(*command, file=file, said=said) as process,
        child_process.watchdog(process.kill, seconds) if seconds else nullcontext(),
    ):
        assert process.stdout
        yield process.stdout
        if process.stdout.read(1):  # the rest is not wanted
            return
        if (status := process.wait()) != 0:
            said.seek(0)
            raise _error(status, said.read().decode(errors="replace"))


def _started(
    *command: str, file: IO[bytes], said: IO[bytes]
) -> AbstractContextManager[ForkedProcess | subprocess.Popen[bytes]]:
    if sys.platform == "linux":
        return READER.fork(*command, memory=MEMORY_BYTES, stdin=file, stderr=said)
    # The frameworks of macOS, which PyAV loads, end processes that are forked after that.
    program = [sys.executable, "-m", _PROGRAM, *command]
    return child_process.spawn(
        program, memory=MEMORY_BYTES, variables=child_process.environment(), stdin=file, stderr=said
    )


def _error(status: int, said: str) -> Error:
    last = said.strip().rpartition("\n")[2]
    if status == FAILED:
        log.error("media_reader_failed", output=said[-2000:])
    if status in (REFUSED, FAILED):
        told = json.loads(last)
        kind = _ERRORS[told["class"]]
        return kind(told["message"], code=told["code"], remedy=told["remedy"])
    error: Error
    if status < 0:  # SIGKILL and SIGXCPU are limits of time; others are crashes of a decoder, which somebody should see
        log.warning("media_reader_ended", signal=signal.Signals(-status).name)
    if status < 0 or "MemoryError" in last:  # ended by a limit, or crashed
        error = MediaUnusable(
            "Reading the file takes more memory or time than is allowed.",
            code="media_too_complex",
            remedy="Export it again with usual settings, or send a smaller one.",
        )
    else:
        error = InternalError("The file could not be examined.", remedy="Tell the operator.")
    error.add_note(f"The process that read it said:\n{said[-2000:]}")  # for the log, not for the client
    return error
