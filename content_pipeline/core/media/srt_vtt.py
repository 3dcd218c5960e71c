"""Writes cues as SubRip (SRT) and WebVTT files."""

import re
from collections.abc import Sequence

from pysubs2 import SSAEvent, SSAFile

from content_pipeline.core.media.timed_words import Segment

# pysubs2 takes `\N`, `\n` and `\h` for line breaks and blanks, and drops a cue with `\p1`: a set-minus looks the same.
_NO_BACKSLASH = {"\\": "\u2216"}
# SubRip has no escapes, and its readers interpret <b>, {\an8} and --> as markup.
_SRT_ESCAPES = str.maketrans({"<": "\u2039", ">": "\u203a", "{": "(", "}": ")"} | _NO_BACKSLASH)
_VTT_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"} | _NO_BACKSLASH)

# pysubs2 numbers the cues of WebVTT as those of SubRip. No text has an arrow in it: `>` is escaped.
_VTT_NUMBER = re.compile(r"^\d+\n(?=[\d:.]+ --> )", re.MULTILINE)


def srt(segments: Sequence[Segment]) -> str:
    """The cues as a SubRip file. Characters that would be markup are replaced by look-alikes."""
    return _file(segments, _SRT_ESCAPES).to_string("srt", keep_ssa_tags=True)


def vtt(segments: Sequence[Segment]) -> str:
    """The cues as a WebVTT file."""
    # By a function, so that others have the interpreter in between: those of a day of speech are one call of 30 ms.
    return _VTT_NUMBER.sub(lambda _: "", _file(segments, _VTT_ESCAPES).to_string("vtt", keep_ssa_tags=True))


def _file(segments: Sequence[Segment], escapes: dict[int, str]) -> SSAFile:
    file = SSAFile()
    file.events = [
        SSAEvent(start=milliseconds(cue.start), end=milliseconds(cue.end), text=_lines(cue.text).translate(escapes))
        for cue in segments
    ]
    return file


def _lines(text: str) -> str:
    # A blank line would end the cue.
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
