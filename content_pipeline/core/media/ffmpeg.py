"""Runs ffmpeg as a subprocess: time limit, progress callback, killed with its process group."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

import ffmpeg
import imageio_ffmpeg

from content_pipeline.core.errors import Error, InternalError, Unavailable
from content_pipeline.core.media.probe import FORMATS
from content_pipeline.core.settings import settings

OutputStream = Any  # ffmpeg-python has no types: what `ffmpeg.output(…)` returns

_PROGRESS = re.compile(r"(\w+)=\s*(\S*)\s*$")
_LOG_TAIL_LINES = 20

# One second of grainy 4K at 60 fps took 20 s of one core, and 30 s of wall time on two shared cores.
_TIME_LIMIT_FACTOR = 100.0
MIN_TIME_LIMIT_SECONDS = 120.0


def untrusted_input(name: str, **options: Any) -> Any:
    """An untrusted input file: as in `probe`, ffmpeg may read this file only, not files that it references."""
    return ffmpeg.input(f"file:{name}", format_whitelist=FORMATS, protocol_whitelist="file", **options)


def run(output: OutputStream, *, folder: Path, seconds: float, on_progress: Callable[[float], None]) -> None:
    """Run an ffmpeg-python graph whose file names are relative to `folder`.

    `seconds` is the length of the output: it scales the time limit and makes `on_progress`, which is called about
    twice a second in this thread, a fraction from 0 to 1. Any exception, including an interrupt, kills
    ffmpeg first. Raises InternalError `ffmpeg_failed`, `ffmpeg_too_slow`, Unavailable `ffmpeg_missing`, `disk_full`.
    """
    tail: deque[str] = deque(maxlen=_LOG_TAIL_LINES)
    with (
        _spawn(_command(output, "-progress", "pipe:1"), folder) as process,
        _watchdog(process, _time_limit(seconds)) as too_slow,
    ):
        assert process.stdout
        for line in process.stdout:
            if not (progress := _PROGRESS.match(line)):
                tail.append(line.rstrip())
            elif progress[1] == "out_time_us" and progress[2].isdigit():  # "N/A" until the first frame
                on_progress(min(int(progress[2]) / 1e6 / seconds, 1.0))
        failed = process.wait() != 0
    _check(failed, too_slow, seconds, tail)


def run_piped(output: OutputStream, frames: Iterable[bytes | memoryview], *, folder: Path, seconds: float) -> None:
    """Run a graph that reads its pictures from the input `pipe:0`: raw `frames`, iterated over in this thread.

    Raises as `run` does, and whatever the iterable raises, after ffmpeg was killed.
    """
    with (
        # A file, because nobody reads a pipe while frames are written, and a full one would block ffmpeg.
        tempfile.TemporaryFile("w+", errors="replace") as log,
        _spawn(_command(output), folder, stdin=subprocess.PIPE, stdout=log) as process,
        _watchdog(process, _time_limit(seconds)) as too_slow,
    ):
        assert isinstance(process.stdin, TextIOWrapper)
        with suppress(BrokenPipeError), process.stdin.buffer as pipe:  # ffmpeg has ended: its log says why
            pipe.writelines(frames)
        failed = process.wait() != 0
        log.seek(0)
        tail = deque(map(str.rstrip, log), maxlen=_LOG_TAIL_LINES)
    _check(failed, too_slow, seconds, tail)


def _check(failed: bool, too_slow: threading.Event, seconds: float, tail: deque[str]) -> None:
    if too_slow.is_set():
        raise InternalError(
            f"Rendering {seconds:.0f} seconds took longer than {_time_limit(seconds) / 60:.0f} minutes.",
            code="ffmpeg_too_slow",
            remedy="Try again when the machine is less busy, or with a smaller video.",
            retryable=True,
        )
    if failed:
        raise _error_from_log(tail)


def _time_limit(seconds: float) -> float:
    return max(MIN_TIME_LIMIT_SECONDS, seconds * _TIME_LIMIT_FACTOR)


def _command(output: OutputStream, *options: str) -> list[str]:
    # Errors and progress share one pipe (see `_spawn`), which one thread can read without ever blocking ffmpeg.
    return [ffmpeg_path(settings().ffmpeg), "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error",
            *options, "-y", *ffmpeg.get_args(output)]  # fmt: skip


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
            remedy="Install the locked set again, which brings one, or set CONTENT_PIPELINE_FFMPEG to the path of one "
            "with libx264 and libass.",
        )
    return path


@contextmanager
def _spawn(
    command: list[str], folder: Path, *, stdin: int = subprocess.DEVNULL, stdout: int | IO[str] = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """The process in its own process group, which is killed when the block exits for any reason."""
    if sys.platform == "linux":
        wrapper = Path(__file__).with_name("die_with_parent.py")
        command = [sys.executable, "-I", "-S", str(wrapper), str(os.getpid()), *command]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        process_group=0,
    )
    try:
        yield process
    finally:
        _kill(process)
        process.wait()
        if process.stdout:
            process.stdout.close()


def _kill(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def _watchdog(process: subprocess.Popen[str], seconds: float) -> Iterator[threading.Event]:
    """Kill the process when the block takes longer than `seconds`; the event is set if that happened."""
    timed_out = threading.Event()

    def kill() -> None:
        timed_out.set()
        _kill(process)

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield timed_out
    finally:
        timer.cancel()


def _error_from_log(tail: deque[str]) -> Error:
    log = "\n".join(tail)
    error: Error
    if "No space left on device" in log:
        error = Unavailable(
            "The disk of the rendering machine is full.", code="disk_full", remedy="Free some space and try again."
        )
    else:
        error = InternalError(
            "The video could not be rendered.",
            code="ffmpeg_failed",
            remedy="Check that the source plays from beginning to end; if it does, tell the operator.",
        )
    error.add_note(f"ffmpeg said:\n{log}")  # for the log and the operator's page, not for the client
    return error
