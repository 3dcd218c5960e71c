"""Child process of `untrusted`: reads the file on standard input, and writes the result to standard output.

    python -m content_pipeline.core.media.untrusted_process COMMAND ARGUMENTS… < FILE

An error is a JSON object in the last line of its standard error, and the exit status REFUSED; or FAILED, where reading
the file failed in a way that nothing here expects. The traceback stands before it then.
"""

import json
import resource
import sys
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final, NoReturn

from content_pipeline.core.errors import Error, InternalError, MediaUnusable, NotMedia

REFUSED: Final = 3
FAILED: Final = 4
# Decoding the sound of a day takes 400 s.
_CPU_SECONDS: Final = 900
# Opened anew by the libraries, which want to seek.
FILE: Final = Path("/dev/fd/0")
_PACKAGE: Final = Path(__file__).parents[2]


def answer(command: str, *arguments: str) -> Iterator[bytes]:
    """The answer, piece by piece. Pillow is imported for pictures only, and PyAV for media only: 0.07 s each."""
    match command, arguments:
        case "probe", ():
            from content_pipeline.core.media.probe import probe

            yield json.dumps(asdict(probe(FILE))).encode()
        case "thumbnail", ():
            from content_pipeline.core.media import source_streams, thumbnails
            from content_pipeline.core.media.probe import probe_with_first_frame

            _, frame = probe_with_first_frame(FILE)
            if frame:
                yield thumbnails.of_frame(frame, is_interlaced=source_streams.has_combs(FILE, frame))
        case "picture_size", formats:
            from content_pipeline.core.media import pictures

            yield json.dumps(pictures.size(FILE, formats)).encode()
        case "picture", (width, height, *formats):
            from content_pipeline.core.media import pictures

            yield pictures.fitted(FILE, formats, int(width), int(height))
        case "examine", (language,):
            from content_pipeline.core.media import source_streams

            yield json.dumps(asdict(source_streams.examine(FILE, language))).encode()
        case "mono" | "stereo", (rate, language):
            from content_pipeline.core.media import sample_decoding

            yield from getattr(sample_decoding, command)(FILE, int(rate), language)


def _is_limit(error: Exception) -> bool:
    """Whether there was no memory for the stack of a thread."""
    return isinstance(error, RuntimeError) and "can't start new thread" in str(error)


def _is_our_mistake(error: Exception) -> bool:
    """Whether code of this package uses a name that is not there. In other libraries an odd file may be the reason."""
    raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
    return isinstance(error, (NameError, AttributeError)) and Path(raised_in).is_relative_to(_PACKAGE)


def _end(error: Error, status: int) -> NoReturn:
    sys.stderr.write(json.dumps({"class": type(error).__name__, **error.to_dict()}))
    sys.exit(status)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    try:
        for piece in answer(*sys.argv[1:]):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except (MediaUnusable, NotMedia, InternalError) as error:
        _end(error, REFUSED)
    except (MemoryError, ImportError, BrokenPipeError):  # a limit, our installation, a reader that has enough
        raise
    except Exception as error:  # PyAV and Pillow raise RuntimeError, AssertionError, SystemError and more of odd files
        if _is_limit(error):
            raise MemoryError from error
        if _is_our_mistake(error):
            raise
        from content_pipeline.core.media import media_errors

        traceback.print_exc()
        _end(media_errors.unreadable("reading it fails"), FAILED)
