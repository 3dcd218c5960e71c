"""Sanitizes text of other servers for PostgreSQL: drops NUL characters and replaces lone surrogates."""


def storable(text: str) -> str:
    """The text without NUL, and with "?" for each lone surrogate (half an emoji, where a text was cut).

    JSON has both, as escapes. PostgreSQL takes neither, in text or in JSONB: one such message could not be recorded,
    and ended the reading of all accounts of a platform.
    """
    return text.replace("\0", "").encode(errors="replace").decode()
