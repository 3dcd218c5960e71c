"""Runs ffmpeg as a subprocess: time limit, progress callback, as a limited child process."""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.infrastructure.processes.child_process import kill_group, spawn, watchdog
from content_pipeline.core.media import media_errors
from content_pipeline.core.media.limits import MAX_PIXELS
from content_pipeline.core.media.probe import FORMATS
from content_pipeline.core.settings import settings

OutputStream = Any  # ffmpeg-python has no types: what `ffmpeg.output(…)` returns

# Decoder, filters and x264 get this many threads each. They are limited because each thread of x264 holds pictures of
# its own. Burning captions into 4K took 1.8 GB with 2 cores, 2.7 with 8, and 11.5 with 64.
THREADS = min(os.cpu_count() or 1, 8)

# What it may need to find libraries, fonts and their cache, and to keep few heaps (docs/decisions/0033-memory.md); and
# the mark by which `content-pipeline down` finds it (cli/processes.py). It decodes what others have made, so it gets
# none of this process's secrets.
_VARIABLES = (
    "CONTENT_PIPELINE_STACK",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "HOME",
    "LD_LIBRARY_PATH",
    "MALLOC_ARENA_MAX",
    "PATH",
    "XDG_CACHE_HOME",
)

_PROGRESS = re.compile(r"(\w+)=\s*(\S*)\s*$")
_LOG_TAIL_LINES = 20
# One second of grainy 4K at 60 fps took 20 s of one core, and 30 s of wall time on two shared cores.
_TIME_LIMIT_FACTOR = 100.0
BASE_TIME_LIMIT_SECONDS = 60.0


def untrusted_input(name: str, **options: Any) -> Any:
    """An untrusted input file: as in `probe`, ffmpeg may read this file only, not files that it references."""
    limits = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "max_pixels": MAX_PIXELS, "threads": THREADS}
    return ffmpeg.input(f"file:{name}", **limits, **options)


def run(output: OutputStream, *, folder: Path, seconds: float, on_progress: Callable[[float], None]) -> None:
    """Run an ffmpeg-python graph whose file names are relative to `folder`.

    `seconds` is the length of the output: it scales the time limit and makes `on_progress`, which is called about
    twice a second in this thread, a fraction from 0 to 1. Any exception, including an interrupt, kills
    ffmpeg first. Raises MediaUnusable `media_unreadable`, InternalError `ffmpeg_failed`, `ffmpeg_too_slow`,
    OutOfMemory, Unavailable `ffmpeg_missing`, `disk_full`.
    """
    tail: deque[str] = deque(maxlen=_LOG_TAIL_LINES)
    command = command_line(output, "-progress", "pipe:1")
    with (
        spawn(command, memory=_memory(), variables=_variables(), folder=folder) as process,
        watchdog(partial(kill_group, process), _time_limit(seconds)) as timed_out,
    ):
        assert process.stdout
        with TextIOWrapper(process.stdout, errors="replace") as lines:
            for line in lines:
                if not (progress := _PROGRESS.match(line)):
                    tail.append(line.rstrip())
                elif progress[1] == "out_time_us" and progress[2].isdigit():  # "N/A" until the first frame
                    on_progress(min(int(progress[2]) / 1e6 / seconds, 1.0))
        status = process.wait()
    _check(status, timed_out, seconds, tail)


def run_piped(output: OutputStream, frames: Iterable[bytes | memoryview], *, folder: Path, seconds: float) -> None:
    """Run a graph that reads its pictures from the input `pipe:0`: raw `frames`, iterated over in this thread.

    Raises as `run` does, and whatever the iterable raises, after ffmpeg was killed.
    """
    with (
        # The log goes to a file, because nobody reads a pipe while frames are written, and a full pipe would block
        # ffmpeg.
        tempfile.TemporaryFile("w+", errors="replace") as log,
        spawn(
            command_line(output),
            memory=_memory(),
            variables=_variables(),
            folder=folder,
            stdin=subprocess.PIPE,
            stdout=log.fileno(),
        ) as process,
        watchdog(partial(kill_group, process), _time_limit(seconds)) as timed_out,
    ):
        assert process.stdin
        with suppress(BrokenPipeError), process.stdin as pipe:  # ffmpeg has ended: its log says why
            pipe.writelines(frames)
        status = process.wait()
        log.seek(0)
        tail = deque(map(str.rstrip, log), maxlen=_LOG_TAIL_LINES)
    _check(status, timed_out, seconds, tail)


def _check(status: int, timed_out: threading.Event, seconds: float, tail: deque[str]) -> None:
    if timed_out.is_set():
        raise media_errors.too_slow(seconds, _time_limit(seconds))
    if status:
        raise media_errors.ffmpeg_error(status, tail)


def _memory() -> int:
    return settings().worker_memory_mb << 20


def _variables() -> dict[str, str]:
    return {name: os.environ[name] for name in _VARIABLES if name in os.environ}


def _time_limit(seconds: float) -> float:
    return BASE_TIME_LIMIT_SECONDS + seconds * _TIME_LIMIT_FACTOR


def command_line(output: OutputStream, *options: str) -> list[str]:
    """The command that runs a graph, with ffmpeg's own path. Raises Unavailable `ffmpeg_missing`."""
    # Errors and progress share one pipe (see `spawn`), which one thread can read without ever blocking ffmpeg.
    return [ffmpeg_path(settings().ffmpeg), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error",
            "-filter_complex_threads", str(THREADS), *options, "-y", *ffmpeg.get_args(output)]  # fmt: skip


def ffmpeg_path(configured: str) -> str:
    """The path of the configured program, or else of the bundled one. Raises Unavailable `ffmpeg_missing`."""
    try:
        path = shutil.which(configured or imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:  # imageio-ffmpeg has none for this platform
        path = None
    if path is None:
        raise Unavailable(
            "ffmpeg is not on this machine.",
            code="ffmpeg_missing",
            remedy="Reinstall imageio-ffmpeg, which brings one, or set CONTENT_PIPELINE_FFMPEG to the path of one with "
            "libx264 and libass.",
        )
    return path
