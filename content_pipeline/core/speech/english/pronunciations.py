"""Pronunciations of names that engines read wrong, as respellings that they read right (`pronunciations.txt`)."""

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("pronunciations.txt")


def respelling(text: str) -> str | None:
    """The respelling of "Xiaomi" and "Xiaomi's"; None for a name that is not in the list."""
    name, apostrophe, ending = text.partition("'")
    found = _respellings().get(text.lower())
    if found is None and ending == "s":
        found = _respellings().get(name.lower())
        return found and f"{found}{apostrophe}{ending}"
    return found


@cache
def _respellings() -> dict[str, str]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=") for line in lines if line and not line.startswith("#"))
    return {name.strip().lower(): spoken.strip() for name, spoken in pairs}
