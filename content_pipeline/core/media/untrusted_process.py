"""Child process of `untrusted`: reads the file on standard input, and writes the result to standard output.

    python -m content_pipeline.core.media.untrusted_process COMMAND ARGUMENTS… < FILE

Without a command it is the fork server of such processes (`fork_server.serve`). An error is a JSON object in the last
line of its standard error, and the exit status REFUSED; or FAILED, where reading the file failed in a way that nothing
here expects. The traceback stands before it then.
"""

import json
import resource
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Final

from PIL import Image

from content_pipeline.core.errors import Error, InternalError, MediaUnusable, NotMedia
from content_pipeline.core.infrastructure.processes import fork_server
from content_pipeline.core.media import media_errors, picture_decoding, sample_decoding, source_streams, thumbnails
from content_pipeline.core.media.probe import probe, probe_with_first_frame

REFUSED: Final = 3
FAILED: Final = 4
# Decoding the sound of a day takes 400 s.
_CPU_SECONDS: Final = 900
# Opened anew by the libraries, which want to seek.
FILE: Final = Path("/dev/fd/0")
_PACKAGE: Final = Path(__file__).parents[2]


def answer(command: str, *arguments: str) -> Iterator[bytes]:
    """The answer, piece by piece."""
    match command, arguments:
        case "probe", ():
            yield json.dumps(asdict(probe(FILE))).encode()
        case "thumbnail", ():
            _, frame = probe_with_first_frame(FILE)
            if frame:
                yield thumbnails.of_frame(frame, is_interlaced=source_streams.has_combs(FILE, frame))
        case "picture_size", formats:
            yield json.dumps(picture_decoding.size(FILE, formats)).encode()
        case "picture", (width, height, *formats):
            yield picture_decoding.fitted(FILE, formats, int(width), int(height))
        case "examine", (language,):
            yield json.dumps(asdict(source_streams.examine(FILE, language))).encode()
        case "mono", (rate, language):
            yield from sample_decoding.mono(FILE, int(rate), language)
        case "stereo", (rate, language):
            yield from sample_decoding.stereo(FILE, int(rate), language)


def _is_limit(error: Exception) -> bool:
    """Whether there was no memory for the stack of a thread."""
    return isinstance(error, RuntimeError) and "can't start new thread" in str(error)


def _is_our_mistake(error: Exception) -> bool:
    """Whether code of this package uses a name that is not there. In other libraries an odd file may be the reason."""
    raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
    return isinstance(error, (NameError, AttributeError)) and Path(raised_in).is_relative_to(_PACKAGE)


def _failed(error: Error, status: int) -> int:
    sys.stderr.write(json.dumps({"class": type(error).__name__, **error.to_dict()}))
    sys.stderr.flush()
    return status


def run(arguments: Sequence[str]) -> int:
    """Write the answer of a command. Returns the exit status."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    try:
        for piece in answer(*arguments):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except (MediaUnusable, NotMedia, InternalError) as error:
        return _failed(error, REFUSED)
    except (MemoryError, ImportError, BrokenPipeError):  # a limit, our installation, a reader that has enough
        raise
    except Exception as error:  # PyAV and Pillow raise RuntimeError, AssertionError, SystemError and more of odd files
        if _is_limit(error):
            raise MemoryError from error
        if _is_our_mistake(error):
            raise
        traceback.print_exc()
        return _failed(media_errors.unreadable("reading it fails"), FAILED)
    return 0


if __name__ == "__main__":
    if sys.argv[1:]:
        sys.exit(run(sys.argv[1:]))
    # PyAV and Pillow import these with the first file, which would be in each child.
    import_module("av.subtitles.stream")
    Image.preinit()
    fork_server.serve(run)
