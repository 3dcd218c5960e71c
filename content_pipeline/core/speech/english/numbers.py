"""Number verbalization, American style: no "and" inside a number, so that "and" may stand between two."""

import re
from typing import Any

NUMBER = r"(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)"
# Longer numbers are read digit by digit, as codes; so are those with a leading zero.
_MAX_DIGITS = 15
_YEARS = range(1100, 2100)
# "3/15" is more likely a date than three fifteenths.
_DENOMINATORS = {2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 32, 64}
# "8/10" and "95/100" are scores, read "out of".
_SCORE_MAXIMA = {10, 100}
_FRACTION = re.compile(r"(\d{1,3})/(\d{1,3})")
_OUT_OF = re.compile(r"(\d{1,3}(?:\.\d+)?)/(\d{1,3})")
_EPISODE = re.compile(r"S(\d{1,2})E(\d{1,3})", re.IGNORECASE)


def cardinal(value: int) -> str:
    """1299: "one thousand two hundred ninety-nine"."""
    return _in_words(value)


def ordinal(value: int) -> str:
    """22: "twenty-second"."""
    return _in_words(value, to="ordinal")


def year(value: int) -> str:
    """1905: "nineteen oh five"."""
    if value // 10 == 200:
        return cardinal(value)
    return _in_words(value, to="year").replace("oh-", "oh ")


def digits(text: str) -> str:
    """Read the digits of a text one by one; other characters are ignored."""
    return " ".join(cardinal(int(digit)) for digit in text if digit.isdecimal())


def number(text: str) -> str:
    """The reading of a `NUMBER`: "1,299", "3.25", ".5", "007"."""
    whole, point, decimals = text.replace(",", "").partition(".")
    if len(whole) > _MAX_DIGITS or (whole.startswith("0") and len(whole) > 1):
        before = digits(whole)
    else:
        before = cardinal(int(whole)) if whole else ""
    return f"{before} point {digits(decimals)}".strip() if point else before


def bare_number(text: str) -> str | None:
    """The reading of a standalone number; None if it is none.

    Four digits are read in pairs, right for years and acceptable for counts: "fifteen hundred calories".
    """
    if not re.fullmatch(NUMBER, text):
        return None
    return year(int(text)) if text.isdecimal() and len(text) == 4 and int(text) in _YEARS else number(text)


def version(text: str) -> str | None:
    """The reading of "v2.1" and "2.10.3"; None for anything else."""
    if not re.fullmatch(r"[vV]\d+(?:\.\d+)*|\d+(?:\.\d+){2,}", text):
        return None
    spoken = " point ".join(number(part) for part in text.lstrip("vV").split("."))
    return spoken if text[0].isdecimal() else f"version {spoken}"


def ordinal_number(text: str) -> str | None:
    """The reading of "1st" and "22nd"; None for anything else."""
    match = re.fullmatch(r"(\d{1,3}(?:,\d{3})*|\d{1,12})(?:st|nd|rd|th)", text, re.IGNORECASE)
    return ordinal(int(match[1].replace(",", ""))) if match else None


def fraction(text: str) -> str | None:
    """The reading of "3/4", "8/10", "4.9/5"; None for what is more likely a date, or no fraction."""
    match = _FRACTION.fullmatch(text)
    if not match:
        return out_of(text, "out of") if "." in text else None
    above, below = int(match[1]), int(match[2])
    if (below in _SCORE_MAXIMA and above <= below) or above == below > 1:
        return out_of(text, "out of")
    if not 0 < above < below or below not in _DENOMINATORS:
        return None
    return (
        f"{cardinal(above)} {_denominator(below)}" if above == 1 else f"{cardinal(above)} {_plural_denominator(below)}"
    )


def out_of(text: str, words: str) -> str | None:
    """The reading of "1/3" with `words` between its numbers ("one of three"); None if it is no such pair."""
    match = _OUT_OF.fullmatch(text)
    return f"{number(match[1])} {words} {number(match[2])}" if match else None


def episode(text: str) -> str | None:
    """The reading of "S2E5": "season two episode five". None for anything else."""
    match = _EPISODE.fullmatch(text)
    return f"season {cardinal(int(match[1]))} episode {cardinal(int(match[2]))}" if match else None


def fraction_after_number(text: str) -> str | None:
    """The reading of "1/2" in "2 1/2 cups": "and a half". None if it is no fraction."""
    spoken = fraction(text)
    return spoken and f"and {re.sub('^one ', 'an ' if text == '1/8' else 'a ', spoken)}"


def _denominator(below: int) -> str:
    return {2: "half", 4: "quarter"}.get(below, ordinal(below))


def _plural_denominator(below: int) -> str:
    return "halves" if below == 2 else f"{_denominator(below)}s"


def _in_words(value: int, **form: Any) -> str:
    """In American English."""
    from num2words import num2words  # with all of its languages 3 MB, for the processes that speak

    return str(num2words(value, **form)).replace(",", "").replace(" and ", " ")
