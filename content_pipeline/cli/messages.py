"""Messages on the terminal, at most 80 columns wide."""

import textwrap
from typing import Final

COLUMNS: Final = 80


def fit(text: str) -> str:
    """The text with its lines broken at blanks. Indented ones stay: they are of logs, or to be copied."""
    return "\n".join(line if line.startswith((" ", "\t")) else _broken(line) for line in text.splitlines())


def _broken(line: str) -> str:
    # A line break inside a path, address or command would make it unusable.
    return textwrap.fill(line, COLUMNS, break_long_words=False, break_on_hyphens=False)
