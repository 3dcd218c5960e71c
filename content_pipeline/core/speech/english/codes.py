"""Text normalization of model numbers and short codes: "F-150", "R2-D2", "RTX 4090", "B2B", "AA123"."""

import re

from content_pipeline.core.speech.english.capitals import is_initialism, letters, read_capitals
from content_pipeline.core.speech.english.numbers import cardinal, digits, number

# Letters and digits in turn, each with at most one hyphen between; capitals, or a single small letter.
_CODE = re.compile(
    r"(?=.*\d)(?=.*[^\W\d_])(?:[A-Z]{1,6}|[a-z](?![a-z])|\d{1,4})(?:-?(?:[A-Z]{1,6}|[a-z](?![a-z])|\d{1,4}))+"
)
_PIECES = re.compile(r"[A-Za-z]+|\d+")
_ENGINE = re.compile(r"V(6|8|10|12|16)")
# "H.264": a standard.
_STANDARD = re.compile(r"([A-Z])\.(\d{3})")
_ISBN = re.compile(r"(?=(?:\d-?){9}[\dX]$)\d+-\d+-\d+-[\dX]|(?=(?:\d-?){13}$)97[89](?:-\d+-\d+-\d+-\d|\d+)")
# Letters beside a number that make a word, not a code: "DAY1", "7UP".
_WORDS = {
    "AGE", "AIR", "AT", "BIG", "BY", "CAR", "DAY", "DO", "FOR", "GO", "IN", "IS", "IT", "JAN", "JUN", "KEY", "MAC",
    "MAX", "MAY", "ME", "MIX", "MY", "NEW", "NO", "OCT", "OF", "OFF", "ON", "ONE", "OUT", "PRO", "RED", "SO", "TEN",
    "TIP", "TO", "TOP", "UP", "WAY", "WE",
}  # fmt: skip
# A number of three or four digits after these is a name, read in pairs: "Boeing seven forty-seven".
_NUMBERED_NAMES = {
    "airbus", "bmw", "boeing", "canon", "ferrari", "flight", "gtx", "highway", "hwy", "interstate", "levi's",
    "levis", "mercedes", "nikon", "porsche", "radeon", "room", "route", "rtx", "xbox",
}  # fmt: skip
_NAME_NUMBER = re.compile(r"[1-9]\d{2,3}")


def code(text: str) -> str | None:
    """The reading of a code, its letters one by one and its numbers in pairs: "F one fifty". None for anything else."""
    return " ".join(map(_piece, _PIECES.findall(text))) if _CODE.fullmatch(text) else None


def engine(text: str) -> str | None:
    """The reading of "V8", which is no version; None for anything else."""
    match = _ENGINE.fullmatch(text)
    return f"V {cardinal(int(match[1]))}" if match else None


def standard(text: str) -> str | None:
    """The reading of "H.264": "H two sixty-four"; None for anything else."""
    match = _STANDARD.fullmatch(text)
    return f"{match[1]} {in_pairs(match[2])}" if match else None


def book_number(text: str) -> str | None:
    """The digits of an ISBN, with pauses at its hyphens; None for anything else."""
    if not _ISBN.fullmatch(text):
        return None
    return ", ".join(digits(group) or group for group in text.split("-"))


def number_of_name(before: str, text: str) -> str | None:
    """The reading of "747" after "Boeing": "seven forty-seven". None where it is a plain number."""
    return in_pairs(text) if before.lower() in _NUMBERED_NAMES and _NAME_NUMBER.fullmatch(text) else None


def in_pairs(text: str) -> str:
    """Read digits as the numbers of codes are: "150" is "one fifty", "101" "one oh one", "4090" "forty ninety"."""
    if text.startswith("0") and len(text) > 1:
        return digits(text)
    if len(text) not in (3, 4) or text.endswith("000" if len(text) == 4 else "00"):
        return number(text)
    return f"{cardinal(int(text[:-2]))} {_pair(text[-2:])}"


def _pair(text: str) -> str:
    if text == "00":
        return "hundred"
    return f"oh {cardinal(int(text[1]))}" if text.startswith("0") else cardinal(int(text))


def _piece(text: str) -> str:
    if text.isdecimal():
        return in_pairs(text)
    if len(text) == 1:
        return text.upper()
    is_word = text in _WORDS or (len(text) > 3 and not is_initialism(text))
    return read_capitals(text) if is_word else letters(text)
