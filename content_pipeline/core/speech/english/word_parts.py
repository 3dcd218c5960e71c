"""Shown words taken apart for speaking: the word itself, and the punctuation around it."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from content_pipeline.core.speech.emoji import strip_emoji
from content_pipeline.core.speech.english.numbers import NUMBER
from content_pipeline.core.speech.english.symbols import SYMBOLS

# Of several marks the strongest is spoken: "?!" asks, "...)" ends.
_PROSODY_MARKS = "?!.;:,"
_CLOSERS = re.escape("'\")]}>*_`|\\.,;:!?—–-")
_PART = re.compile(
    # Not taken away is what belongs to the word: "-5", "~$10", ".5", ".com", "'90s".
    rf"(?:[\"(\[{{*_`|\\,;:!?—–]|[-~<>](?![\d.$€£¥])|\.(?!\w)|'(?!\d0s))*"
    rf"(?P<core>.*?)(?P<tail>[{_CLOSERS}]*)",
    re.DOTALL,
)

_LENGTH_SIGNS = {'"': "in", "'": "ft"}
_LENGTH_VALUE = re.compile(rf"{NUMBER}(?:-{NUMBER})?")

_SIGN_EQUIVALENTS = str.maketrans(
    dict.fromkeys("‘’‛ʼ′`´", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("\u2212\u2010\u2011\u2012", "-")
    | {"⁄": "/", "∕": "/", "―": "—"}
)
# "end.Next", "yes,no", "No.1": an address has no capitals there.
_MISSING_SPACE = re.compile(r"(?<=[a-z]{2})[.?!]+(?=[A-Z][a-z])|(?<=[^\W\d])[,;!]+(?=[^\W\d])|(?<=\bNo)\.(?=\d)")
_ALLOWED = frozenset(SYMBOLS) | set("–—") | {chr(code) for code in range(32, 127)}


@dataclass(frozen=True, slots=True)
class WordPart:
    """A word without what stands around it. `text` is all of it, `tail` the punctuation after it."""

    text: str = ""
    core: str = ""
    tail: str = ""

    @property
    def with_period(self) -> str:
        """The word with the point after it, "" if there is none: how abbreviations are looked up."""
        return f"{self.core}." if self.tail.startswith(".") else ""


def split_word(word: str) -> list[WordPart]:
    """The parts of a shown word in the voice's alphabet: one as a rule, none for an emoji, two for "fast—really"."""
    return [_part(piece) for piece in _to_rule_alphabet(word).split()]


def attach_length_units(line: Sequence[WordPart]) -> Iterator[WordPart]:
    """The parts of a line, those of feet and inches with their unit: 12" and 5', where these close no quotation."""
    opened = dict.fromkeys(_LENGTH_SIGNS, False)
    for part in line:
        sign = part.tail[:1]
        if (
            _LENGTH_VALUE.fullmatch(part.core)
            and sign in _LENGTH_SIGNS
            and not (opened[sign] or part.text.startswith(sign))
        ):
            part = replace(part, core=part.core + _LENGTH_SIGNS[sign], tail=part.tail[1:])
        else:
            opened |= {sign: _quotation_open(part, sign, opened[sign]) for sign in _LENGTH_SIGNS}
        yield part


def _quotation_open(part: WordPart, sign: str, opened: bool) -> bool:
    """Whether a quotation in these signs goes on after the part. An apostrophe inside a word is none of them."""
    begins = part.text.lstrip("([{*_").startswith(sign)
    return (opened or begins) and sign not in part.tail


def prosody_mark(tail: str) -> str:
    """The punctuation that the voice is given for what stands after a word: one of ". , ? ! ; :", or none."""
    strongest = next((sign for sign in _PROSODY_MARKS if sign in tail), "")
    return strongest or ("," if "—" in tail or "–" in tail else "")


def _part(piece: str) -> WordPart:
    match = _PART.fullmatch(piece)
    assert match is not None  # everything in it may be empty, and the middle takes what is left
    core, tail = match["core"], match["tail"]
    return WordPart(piece, core, tail) if core else WordPart(piece, "", piece)


def _to_rule_alphabet(word: str) -> str:
    """A word in the letters, digits and signs that the rules know, a blank where something else stood."""
    # "m²" is a unit, "5²" is not.
    word = re.sub(r"(?<=[\dnxyz])²", " squared", strip_emoji(word))
    # Before they are normalised: that would make two of the sign of inches, and a blank of an accent.
    text = unicodedata.normalize("NFKC", "".join(map(_space_fraction, word)).translate(_SIGN_EQUIVALENTS))
    text = "".join(map(_keep_character, text))
    # A dash parts two words, one of half its length joins them unless it stands alone.
    text = re.sub(r"(?<=\S)–(?=\S)", "-", re.sub(r"--+|—", "— ", text))
    if text in ("-", "–"):
        text = "–"
    return _MISSING_SPACE.sub(r"\g<0> ", text)


def _space_fraction(character: str) -> str:
    """A fraction with blanks around it: "1½" would become "11/2"."""
    fraction = unicodedata.decomposition(character).startswith("<fraction>")
    return f" {unicodedata.normalize('NFKC', character)} " if fraction else character


def _keep_character(character: str) -> str:
    if character in _ALLOWED:
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    return character if category[0] in "LM" else " "
