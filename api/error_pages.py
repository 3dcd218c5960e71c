"""HTML pages of error codes, to which `type` of a problem document links: causes and remedies.

`error_codes.json` is collected from the places that raise errors (docs/generators/errors.py).
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from content_pipeline.core.settings import settings

FILE: Final = Path(__file__).with_name("error_codes.json")
PATH: Final = "/errors"
# Stands for what is known only when the error happens, in sentences and in codes: `item_…` is of a status.
GAP: Final = "…"


@dataclass(frozen=True, order=True)
class Cause:
    """A sentence that is told with a code, and the remedy that is told with it; either may be empty."""

    detail: str
    remedy: str


@dataclass(frozen=True, order=True)
class ErrorCode:
    """A code, and all that the product says with it."""

    code: str
    status: int
    retryable: bool
    causes: tuple[Cause, ...]

    @property
    def meaning(self) -> str:
        return f"{self.status} {HTTPStatus(self.status).phrase}"


@cache
def codes() -> dict[str, ErrorCode]:
    """All codes, in order."""
    return {
        row["code"]: ErrorCode(
            row["code"], row["status"], row["retryable"], tuple(Cause(**cause) for cause in row["causes"])
        )
        for row in json.loads(FILE.read_text())
    }


def find(code: str) -> ErrorCode | None:
    """What is known of a code."""
    if found := codes().get(code):
        return found
    return next((known for pattern, known in _patterns() if pattern.fullmatch(code)), None)


@cache
def _patterns() -> list[tuple[re.Pattern[str], ErrorCode]]:
    return [
        (re.compile("[a-z_]+".join(map(re.escape, code.split(GAP)))), known)
        for code, known in codes().items()
        if GAP in code
    ]


def address(code: str, *, otherwise: str = "") -> str:
    """The `type` of a problem: the address of the page of its code, or of another code if it has none."""
    for known in code, otherwise:
        if known and find(known):
            return f"{settings().public_url.rstrip('/')}{PATH}/{known}"
    return "about:blank"
