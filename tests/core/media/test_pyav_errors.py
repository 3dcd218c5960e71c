"""Each class of PyAV's errors has an error of ours, and no new class of a later version goes unseen."""

from collections.abc import Mapping
from typing import Any

import av
import pytest

from content_pipeline.core.errors import Error, MediaUnusable
from content_pipeline.core.media import media_errors

_SAID = {
    "media_unsupported": {
        "BSFNotFoundError",
        "DecoderNotFoundError",
        "DemuxerNotFoundError",
        "ExperimentalError",
        "NotImplementedError",
        "PatchWelcomeError",
        "ProtocolNotFoundError",
    },
    "media_truncated": {"EOFError"},
    "ffmpeg_failed": {"EncoderNotFoundError", "FilterNotFoundError", "MuxerNotFoundError", "OptionNotFoundError"},
    # Decoders give numbers of the system for damage. Nothing else is asked of a local file, such as HTTP.
    "media_unreadable": {
        "ArgumentError",
        "BlockingIOError",
        "BrokenPipeError",
        "BufferTooSmallError",
        "BugError",
        "ChildProcessError",
        "ConnectionAbortedError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "ExitError",
        "ExternalError",
        "FileExistsError",
        "FileNotFoundError",
        "HTTPBadRequestError",
        "HTTPForbiddenError",
        "HTTPNotFoundError",
        "HTTPOtherClientError",
        "HTTPServerError",
        "HTTPTooManyRequestsError",
        "HTTPUnauthorizedError",
        "InputChangedError",
        "InterruptedError",
        "InvalidDataError",
        "IsADirectoryError",
        "NotADirectoryError",
        "OSError",
        "OutputChangedError",
        "OverflowError",
        "PermissionError",
        "ProcessLookupError",
        "PyAVCallbackError",
        "TimeoutError",
        "UnknownError",
    },
}
_CODES = {name: code for code, names in _SAID.items() for name in names}
_CLASSES: Mapping[int, Any] = av.error.classes  # its stub takes the classes for instances
_NUMBERS = {kind.__name__: int(number) for number, kind in _CLASSES.items()}


def test_every_class_is_in_the_table() -> None:
    assert set(_NUMBERS) - {"MemoryError"} == set(_CODES)


@pytest.mark.parametrize("name", sorted(_CODES))
def test_a_class_says_what_is_wrong_with_the_file(name: str) -> None:
    with pytest.raises(Error) as raised, media_errors.translated():
        av.error.err_check(-_NUMBERS[name])
    assert raised.value.code == _CODES[name]
    assert isinstance(raised.value, MediaUnusable) == (name not in _SAID["ffmpeg_failed"])
    assert raised.value.detail
    assert raised.value.remedy


def test_a_number_without_a_class_is_damage() -> None:
    with pytest.raises(MediaUnusable, match="it is damaged"), media_errors.translated():
        av.error.err_check(-99_999)


@pytest.mark.parametrize("kind", [OSError, ValueError, IndexError, ZeroDivisionError, OverflowError])
def test_what_else_it_raises_of_damage_is_damage(kind: type[Exception]) -> None:
    with pytest.raises(MediaUnusable, match="it is damaged") as raised, media_errors.translated():
        raise kind("from a file")
    assert raised.value.code == "media_unreadable"


def test_a_lack_of_memory_stays_one() -> None:
    with pytest.raises(MemoryError), media_errors.translated():
        raise av.error.MemoryError(12, "from a file")


def test_an_error_of_ours_passes() -> None:
    with pytest.raises(MediaUnusable) as raised, media_errors.translated():
        raise media_errors.encrypted()
    assert raised.value.code == "media_encrypted"
