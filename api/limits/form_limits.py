"""Limits of what is not content in a form: separators, and the heads of its parts.

python-multipart and Starlette walk over them byte by byte, in the event loop: a megabyte of "&", of delimiters that
begin no part, or of blanks in a head stopped it for 0.2 s (bench/noise.py).
"""

from typing import Final

from python_multipart.multipart import parse_options_header

from content_pipeline.core.errors import Invalid

# Forms of the API have at most 14 parts, with heads of some 100 bytes each.
MAX_SEPARATORS: Final = 64
MAX_HEAD_BYTES: Final = 8_000
_HEAD_END: Final = b"\r\n\r\n"


class FormLimit:
    """Counts separators and heads of a form over the chunks of its body."""

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        self.is_multipart = kind == b"multipart/form-data"
        self._separator = b"\r\n--" + options.get(b"boundary", b"") if self.is_multipart else b"&"
        self._separators = self._head_bytes = 0
        # A part begins with its head, and a form with that of its first part.
        self._is_in_head = self.is_multipart
        # The end of the last chunk, in which a separator or the end of a head may have begun.
        self._rest = b""

    def check(self, chunk: bytes) -> None:
        """Raises Invalid `form_unreadable` for the chunk with one separator or byte of a head too many, or with what
        urlencoding escapes."""
        if not self.is_multipart and not chunk.isascii():
            raise _unreadable()
        text, at = self._rest + chunk, 0
        while True:
            sought = _HEAD_END if self._is_in_head else self._separator
            found = text.find(sought, at)
            end = found if found >= 0 else max(at, len(text) - len(sought) + 1)
            if self._is_in_head:
                self._head_bytes += end - at
            if found < 0:
                self._rest = text[end:]
                break
            at = found + len(sought)
            self._separators += not self._is_in_head
            self._is_in_head = self.is_multipart and not self._is_in_head
            if self._separators > MAX_SEPARATORS:
                break
        if self._separators > MAX_SEPARATORS or self._head_bytes > MAX_HEAD_BYTES:
            raise _unreadable()


def _unreadable() -> Invalid:
    return Invalid(
        "This form has more parts than any form here, or too much in the heads of its parts.",
        code="form_unreadable",
        remedy="Send the fields that the documentation names, as multipart/form-data.",
    )
