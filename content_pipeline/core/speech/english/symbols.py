"""Verbalization of symbols, and the fallback reading of words that no rule matches."""

import re
from collections.abc import Mapping

from content_pipeline.core.speech.english.capitals import read_capitals
from content_pipeline.core.speech.english.currencies import CURRENCIES
from content_pipeline.core.speech.english.numbers import NUMBER, bare_number

# Names of symbols that stand alone or inside a word; other symbols are silent.
SYMBOLS = (
    {
        "&": "and",
        "+": "plus",
        "=": "equals",
        "%": "percent",
        "@": "at",
        "#": "number",
        "¢": "cents",
        "‰": "per mille",
        "°": "degrees",
        "×": "times",
        "÷": "divided by",
        "±": "plus or minus",
        "≈": "about",
        "≠": "is not",
        "≤": "at most",
        "≥": "at least",
        "§": "section",
        "√": "the square root of",
        "∞": "infinity",
        "∛": "the cube root of",
        "∜": "the fourth root of",
        "≃": "about",
        "≅": "about",
        "≒": "about",
        "≦": "at most",
        "≧": "at least",
        "≡": "is identical to",
        "∝": "is proportional to",
        "≪": "is much less than",
        "≫": "is much more than",
        "∓": "minus or plus",
        "¬": "not",
        "∧": "and",
        "∨": "or",
        "∴": "therefore",
        "∵": "because",
        "∀": "for all",
        "∃": "there is",
        "∄": "there is no",
        "∅": "the empty set",
        "∈": "is in",
        "∉": "is not in",
        "∩": "intersected with",
        "∪": "united with",
        "⊂": "is a subset of",
        "⊆": "is a subset of",
        "⊃": "is a superset of",
        "⊇": "is a superset of",
        "∑": "the sum of",
        "∏": "the product of",
        "∫": "the integral of",
        "∂": "partial",
        "∆": "delta",
        "∇": "nabla",
        "∠": "angle",
        "∥": "is parallel to",
        "⊥": "is perpendicular to",
        "♯": "sharp",
    }
    | {sign: currency.many for sign, currency in CURRENCIES.items() if len(sign) == 1}
    | {"₿": "bitcoin"}
)
# Every ASCII character but letters, digits, the apostrophe and the hyphen, and the signs above.
SIGNS = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum() and chr(code) not in "'-") + "".join(
    SYMBOLS.keys() - set("&+=%@#$")
)
_LETTER = rf"[^\s\d'{re.escape(SIGNS)}-]"
_TOKENS = re.compile(rf"{NUMBER}|{_LETTER}+(?:['-]{_LETTER}+)*|\S")


def spell(text: str, names: Mapping[str, str] = SYMBOLS) -> str:
    """Read the words, numbers and symbols of a text in order: "B2B" is "B two B", "R&D" is "R and D"."""
    tokens = (_read_token(match[0], names) for match in _TOKENS.finditer(text))
    return " ".join(piece for piece in tokens if piece)


def _read_token(text: str, names: Mapping[str, str]) -> str:
    if spoken := bare_number(text):
        return spoken
    return read_capitals(text.replace("μ", "micro ")) if re.match(_LETTER, text) else names.get(text, "")
