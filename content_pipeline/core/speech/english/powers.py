"""Text normalization of powers: "mc²", "10⁻³", "x^2", "km²"."""

import re

from content_pipeline.core.speech.english.amounts import unit
from content_pipeline.core.speech.english.numbers import ordinal

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
# "m/s²" is a unit.
_POWER = re.compile(
    r"(?<!\bm/)(?P<base>[^\W\d_]+|\d|\))(?:(?P<raised>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|\^\(?(?P<caret>[+-]?\d{1,3})\)?)"
)
# A longer word with a raised number has a footnote: "sugar²".
_MAX_VARIABLES = 3


def spell_powers(word: str) -> str:
    """The word with its exponents as words: "mc²" is "MC squared", "10⁻³" "10 to the minus third"; units stay."""
    return _POWER.sub(_read, word) if "^" in word or any(sign in word for sign in "⁰¹²³⁴⁵⁶⁷⁸⁹") else word


def _read(match: re.Match[str]) -> str:
    base, raised = match["base"], match["raised"]
    exponent = raised.translate(_SUPERSCRIPTS) if raised else match["caret"]
    if unit(base + exponent, one=True):
        return match[0]
    if base.isalpha() and len(base) > _MAX_VARIABLES:
        return base if raised else match[0]
    variables = base.upper() if base.isalpha() and len(base) > 1 else base
    return f"{variables} {_power(int(exponent))} "


def _power(exponent: int) -> str:
    if exponent in (2, 3):
        return "squared" if exponent == 2 else "cubed"
    return f"to the {'minus ' if exponent < 0 else ''}{ordinal(abs(exponent))}"
