"""Translates errors of PyAV and of ffmpeg to ours: each gets a code, a sentence and a remedy."""

import re
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import av

from content_pipeline.core.errors import Error, InternalError, MediaUnusable, OutOfMemory
from content_pipeline.core.infrastructure import disk_space

# What PyAV raises of a broken file: errors of FFmpeg (among them BlockingIOError and PermissionError of decoders, and
# numbers without a name), IndexError for cut FLV and TS files, whose streams are found late, ZeroDivisionError for
# rates and time bases of zero, OverflowError for timestamps.
PYAV_ERRORS: Final = (av.FFmpegError, OSError, ValueError, LookupError, ArithmeticError)

# Classes that say something other than damage: FFmpeg has no reader for such a file.
_UNSUPPORTED: Final = (
    av.error.BSFNotFoundError,
    av.error.DecoderNotFoundError,
    av.error.DemuxerNotFoundError,
    av.error.ExperimentalError,
    av.error.NotImplementedError,
    av.error.PatchWelcomeError,
    av.error.ProtocolNotFoundError,
)
# We asked for what this build of FFmpeg does not have, whatever the file is.
_INSTALLATION: Final = (
    av.error.EncoderNotFoundError,
    av.error.FilterNotFoundError,
    av.error.MuxerNotFoundError,
    av.error.OptionNotFoundError,
)
UNSUPPORTED: Final = "media_unsupported"  # the code of their error
_CHANGED: Final = (av.error.InputChangedError, av.error.OutputChangedError)

# As FFmpeg, x264 and the start of a thread say it. The kernel kills without a word: the host has no more.
_OUT_OF_MEMORY: Final = (
    "Cannot allocate memory",
    "Out of memory",
    "malloc of size",
    "Resource temporarily unavailable",
)
# What ffmpeg says of an input that it cannot open or decode to anything.
_BROKEN_INPUT: Final = re.compile(
    r"Invalid data found when processing input|moov atom not found|matches no streams|Could not find codec parameters"
    r"|Decode error rate|Nothing was written into output file|does not contain any stream|Error parsing|EBML header"
)
# Of an input that is whole. Of single packets it says so too, which do no harm.
_UNSUPPORTED_INPUT: Final = re.compile(
    r"no decoder found for|Not yet implemented in FFmpeg, patches welcome.*Decode error rate", re.DOTALL
)
# What it says of a background that it repeats, where it cannot go back to the beginning: FLV with Sorenson Spark.
_NOT_REPEATED: Final = re.compile(r"\[in#\d+/\S+ @ \w+\] Task finished with error code: -1 \(Operation not permitted\)")
# A damaged packet may announce an enormous frame: libdav1d refused some of an AV1 file as invalid, others for lack of
# memory. Where all are refused for that, there is none.
_UNDECODABLE: Final = re.compile(r"Invalid data found when processing input.*Decode error rate", re.DOTALL)


@contextmanager
def translated() -> Iterator[None]:
    """Errors that PyAV raises in this block become ours: as `error_of_class`, or `media_unreadable`.

    A MemoryError stays one.
    """
    try:
        yield
    except (Error, MemoryError):
        raise
    except PYAV_ERRORS as error:
        raise error_of_class(error) or unreadable("it is damaged") from error


def error_of_class(error: Exception) -> Error | None:
    """The error for one of PyAV whose class says more than that something cannot be read."""
    if isinstance(error, _UNSUPPORTED):
        return unsupported()
    if isinstance(error, av.error.EOFError):
        return truncated()
    if isinstance(error, _INSTALLATION):
        return InternalError(
            "The FFmpeg of this installation lacks a part that is needed.",
            code="ffmpeg_failed",
            remedy="Tell the operator.",
        )
    return unreadable("its format changes midway") if isinstance(error, _CHANGED) else None


def unreadable(reason: str) -> MediaUnusable:
    """The error for a file that cannot be read, because of `reason`."""
    return MediaUnusable(
        f"The file cannot be read: {reason}.",
        code="media_unreadable",
        remedy="Play it on your machine to check it, export it again, or send another format.",
    )


def unsupported() -> MediaUnusable:
    """The error for a file that is whole, in a form that FFmpeg does not read."""
    return MediaUnusable(
        "The file is in a codec or form that is not supported.",
        code=UNSUPPORTED,
        remedy="Convert it to MP4 with H.264 and AAC.",
    )


def encrypted() -> MediaUnusable:
    """The error for a file whose samples are encrypted, as those of shops and streaming services are."""
    return MediaUnusable(
        "The file is encrypted: it has copy protection.",
        code="media_encrypted",
        remedy="Send one without copy protection, such as your own recording.",
    )


def truncated() -> MediaUnusable:
    """The error for a file that is shorter than it says."""
    return MediaUnusable(
        "The file is cut off: parts that its own header announces are missing.",
        code="media_truncated",
        remedy="Send the whole file again.",
    )


def ffmpeg_error(status: int, log: Iterable[str]) -> Error:
    """The error for an ffmpeg that ended with `status` other than 0 and with these last lines of its log."""
    text = "\n".join(log)
    error: Error
    if "No space left on device" in text:
        error = disk_space.full()
    elif status == -signal.SIGKILL or (
        any(words in text for words in _OUT_OF_MEMORY) and not _UNDECODABLE.search(text)
    ):
        error = OutOfMemory()
    elif _UNSUPPORTED_INPUT.search(text):
        error = unsupported()
    elif _NOT_REPEATED.search(text):
        error = unreadable("it cannot be played again from its beginning")
    elif _BROKEN_INPUT.search(text):
        error = unreadable("none of it can be decoded")
    else:
        error = InternalError(
            "The video could not be rendered.",
            code="ffmpeg_failed",
            remedy="Check that the source plays from beginning to end; if it does, tell the operator.",
        )
    error.add_note(f"ffmpeg said:\n{text}")  # for the log and the operator's page, not for the client
    return error


def too_slow(seconds: float, limit: float) -> InternalError:
    """The error for a render of `seconds` that ran into its `limit`. It is not repeated: it would again."""
    return InternalError(
        f"Rendering {seconds:.1f} seconds took longer than {limit / 60:.0f} minutes.",
        code="ffmpeg_too_slow",
        remedy="Send a smaller or shorter video, or retry the task when the machine is less busy.",
    )
