"""The page of the media corpus: each kind of file, and what becomes of it."""

from typing import Final

from tests.media import corpus

_HEAD: Final = """\
# Media corpus

`make reference` writes this page from `tests/media/corpus.py`, which makes all these files in code. The result is the
size and frame rate of the burn-in or background, and what was found in its pictures or sound
(`tests/media/result_checks.py`), or [the error's code](errors.md). `make media` sends all of them over a whole stack.
"""


def as_markdown() -> str:
    return "\n".join([_HEAD, *(f"## {heading}\n\n{table}\n" for heading, table in corpus.tables().items())])
