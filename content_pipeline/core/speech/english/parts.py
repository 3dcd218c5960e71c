"""Shown words taken apart for speaking: the word itself, and the punctuation around it."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from content_pipeline.core.speech.english.numbers import NUMBER
from content_pipeline.core.speech.english.symbols import SYMBOLS
from content_pipeline.core.speech.pictures import without_pictures

# Of several marks the strongest is spoken: "?!" asks, "...)" ends.
_MARKS = "?!.;:,"
_CLOSERS = re.escape("'\")]}>*_`|\\.,;:!?—–-")
_PART = re.compile(
    # Not taken away is what belongs to the word: "-5", "~$10", ".5", ".com", "'90s".
    rf"(?:[\"(\[{{*_`|\\,;:!?—–]|[-~<>](?![\d.$€£¥])|\.(?!\w)|'(?!\d0s))*"
    rf"(?P<core>.*?)(?P<tail>[{_CLOSERS}]*)",
    re.DOTALL,
)

_LENGTHS = {'"': "in", "'": "ft"}
_LENGTH = re.compile(rf"{NUMBER}(?:-{NUMBER})?")

_SAME_SIGN = str.maketrans(
    dict.fromkeys("‘’‛ʼ′`´", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("\u2212\u2010\u2011\u2012", "-")
    | {"⁄": "/", "∕": "/", "―": "—"}
)
# "end.Next", "yes,no", "No.1": an address has no capitals there.
_FORGOTTEN_BLANK = re.compile(r"(?<=[a-z]{2})[.?!]+(?=[A-Z][a-z])|(?<=[^\W\d])[,;!]+(?=[^\W\d])|(?<=\bNo)\.(?=\d)")
_KEPT = frozenset(SYMBOLS) | set("–—") | {chr(code) for code in range(32, 127)}


@dataclass(frozen=True, slots=True)
class Part:
    """A word without what stands around it. `text` is all of it, `tail` the punctuation after it."""

    text: str = ""
    core: str = ""
    tail: str = ""

    @property
    def dotted(self) -> str:
        """The word with the point after it, "" if there is none: how abbreviations are looked up."""
        return f"{self.core}." if self.tail.startswith(".") else ""


def parts(word: str) -> list[Part]:
    """The parts of a shown word in the voice's alphabet: one as a rule, none for an emoji, two for "fast—really"."""
    return [_part(piece) for piece in _plain(word).split()]


def with_lengths(line: Sequence[Part]) -> Iterator[Part]:
    """The parts of a line, those of feet and inches with their unit: 12" and 5', where these close no quotation."""
    opened = dict.fromkeys(_LENGTHS, False)
    for part in line:
        sign = part.tail[:1]
        if _LENGTH.fullmatch(part.core) and sign in _LENGTHS and not (opened[sign] or part.text.startswith(sign)):
            part = replace(part, core=part.core + _LENGTHS[sign], tail=part.tail[1:])
        else:
            opened |= {sign: _leaves_open(part, sign, opened[sign]) for sign in _LENGTHS}
        yield part


def _leaves_open(part: Part, sign: str, opened: bool) -> bool:
    """Whether a quotation in these signs goes on after the part. An apostrophe inside a word is none of them."""
    begins = part.text.lstrip("([{*_").startswith(sign)
    return (opened or begins) and sign not in part.tail


def mark(tail: str) -> str:
    """The punctuation that the voice is given for what stands after a word: one of ". , ? ! ; :", or none."""
    strongest = next((sign for sign in _MARKS if sign in tail), "")
    return strongest or ("," if "—" in tail or "–" in tail else "")


def _part(piece: str) -> Part:
    match = _PART.fullmatch(piece)
    assert match is not None  # everything in it may be empty, and the middle takes what is left
    core, tail = match["core"], match["tail"]
    return Part(piece, core, tail) if core else Part(piece, "", piece)


def _plain(word: str) -> str:
    """A word in the letters, digits and signs that the rules know, a blank where something else stood."""
    # "m²" is a unit, "5²" is not.
    word = re.sub(r"(?<=[\dnxyz])²", " squared", without_pictures(word))
    # Before they are normalised: that would make two of the sign of inches, and a blank of an accent.
    text = unicodedata.normalize("NFKC", "".join(map(_apart, word)).translate(_SAME_SIGN))
    text = "".join(map(_known, text))
    # A dash parts two words, one of half its length joins them unless it stands alone.
    text = re.sub(r"(?<=\S)–(?=\S)", "-", re.sub(r"--+|—", "— ", text))
    if text in ("-", "–"):
        text = "–"
    return _FORGOTTEN_BLANK.sub(r"\g<0> ", text)


def _apart(character: str) -> str:
    """A fraction with blanks around it: "1½" would become "11/2"."""
    fraction = unicodedata.decomposition(character).startswith("<fraction>")
    return f" {unicodedata.normalize('NFKC', character)} " if fraction else character


def _known(character: str) -> str:
    if character in _KEPT:
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    return character if category[0] in "LM" else " "
