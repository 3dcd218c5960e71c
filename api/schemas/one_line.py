"""The check of texts that are one line: names and terms, which logs, terminals and prompts show."""

import unicodedata


def one_line(text: str) -> str:
    """The text. Raises ValueError for control characters: an escape sequence rewrites what a terminal shows."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ValueError("This is one line, without control characters.")
    return text
