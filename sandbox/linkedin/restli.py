"""Query parameters in the syntax of Rest.li 2.0: `(start:(day:4,month:5,year:2026))`.

Parentheses, commas and colons are structure; within a value they are percent-encoded. Therefore a parameter is read
before it is decoded: a structure that is encoded as well, as HTTP libraries do by default, is plain text.
"""

import re
from typing import Final
from urllib.parse import unquote

from fastapi import Request

Value = str | dict[str, "Value"]

_ATOM: Final = re.compile(r"[^(),:]+")


class Malformed(Exception):
    """The parameter is not in the syntax of Rest.li 2.0."""


def parameter(request: Request, name: str) -> Value | None:
    """The value of a query parameter; None if it is missing. Raises Malformed."""
    for pair in request.scope["query_string"].decode("ascii", "replace").split("&"):
        key, _, raw = pair.partition("=")
        if key == name:
            value, end = _parse(raw, 0)
            if end != len(raw):
                raise Malformed
            return value
    return None


def _parse(raw: str, start: int) -> tuple[Value, int]:
    """The value that begins at `start`, and where it ends."""
    if raw[start : start + 1] != "(":
        atom = _ATOM.match(raw, start)
        if atom is None:
            raise Malformed
        return unquote(atom[0]), atom.end()
    record: dict[str, Value] = {}
    position = start
    while raw[position : position + 1] != ")" or position == start:
        key = _ATOM.match(raw, position + 1)
        if key is None or raw[key.end() : key.end() + 1] != ":":
            raise Malformed
        record[unquote(key[0])], position = _parse(raw, key.end() + 1)
        if raw[position : position + 1] not in (",", ")"):
            raise Malformed
    return record, position + 1
