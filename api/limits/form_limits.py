"""Form body limits: the number of separators, and the bytes of part headers (multipart/form-data and urlencoded).

python-multipart and Starlette walk over them byte by byte, in the event loop. bench/noise.py sends "&" and delimiters
that begin no part, without end.
"""

from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.types import Message, Receive

from content_pipeline.core.errors import Invalid

# Forms of the API have at most 14 parts, with headers of some 100 bytes each.
MAX_SEPARATORS: Final = 64
MAX_PART_HEADER_BYTES: Final = 8_000
_HEADERS_END: Final = b"\r\n\r\n"


class FormLimit:
    """Counts separators and part headers of a form over the chunks of its body."""

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        self.is_multipart = kind == b"multipart/form-data"
        self._separator = b"\r\n--" + options.get(b"boundary", b"") if self.is_multipart else b"&"
        self._separators = self._header_bytes = 0
        # A part begins with its headers, and a form with those of its first part.
        self._is_in_headers = self.is_multipart
        # The end of the last chunk, in which a separator or the end of headers may have begun.
        self._rest = b""

    def check(self, chunk: bytes) -> None:
        """Raises Invalid `form_unreadable` for the chunk with one separator or byte of headers too many, or with what
        urlencoding escapes."""
        if not self.is_multipart and not chunk.isascii():
            raise _unreadable()
        text, at = self._rest + chunk, 0
        while True:
            sought = _HEADERS_END if self._is_in_headers else self._separator
            found = text.find(sought, at)
            end = found if found >= 0 else max(at, len(text) - len(sought) + 1)
            if self._is_in_headers:
                self._header_bytes += end - at
            if found < 0:
                self._rest = text[end:]
                break
            at = found + len(sought)
            self._separators += not self._is_in_headers
            self._is_in_headers = self.is_multipart and not self._is_in_headers
            if self._separators > MAX_SEPARATORS:
                break
        if self._separators > MAX_SEPARATORS or self._header_bytes > MAX_PART_HEADER_BYTES:
            raise _unreadable()

    def applied_to(self, receive: Receive) -> Receive:
        """`receive`, of which each part of the body is checked before it is parsed."""

        async def checked() -> Message:
            message = await receive()
            self.check(message.get("body", b""))
            return message

        return checked


def _unreadable() -> Invalid:
    return Invalid(
        "This form has more parts than any form here, or too much in the heads of its parts.",
        code="form_unreadable",
        remedy="Send the fields that the documentation names, as multipart/form-data.",
    )
