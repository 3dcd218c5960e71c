"""Splits displayed words into their core and the surrounding punctuation, in a normalized alphabet."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from content_pipeline.core.speech.emoji import strip_emoji
from content_pipeline.core.speech.english.currencies import CURRENCIES, EQUIVALENTS
from content_pipeline.core.speech.english.letters import name_greek_letters
from content_pipeline.core.speech.english.numbers import NUMBER
from content_pipeline.core.speech.english.powers import spell_powers
from content_pipeline.core.speech.english.symbols import SYMBOLS

# By precedence: of several marks the first in this order is used.
_PROSODY_MARKS = "?!.;:,"
_CURRENCY_SIGNS = re.escape("".join(sign for sign in CURRENCIES if len(sign) == 1))
_CLOSERS = re.escape("'\")]}>*_`|\\.,;:!?—–-")
_PART = re.compile(
    # Leading characters that belong to the word are kept: "-5", "~$10", ".5", ".com", "'90s".
    rf"(?:[\"(\[{{*_`|\\,;:!?—–]|[-~<>](?![\d.{_CURRENCY_SIGNS}])|\.(?!\w)|'(?!\d0s))*"
    rf"(?P<core>.*?)(?P<tail>[{_CLOSERS}]*)",
    re.DOTALL,
)

_EQUATION_SIGNS = {"–": "minus", "x": "times", "*": "times"}
_LENGTH_SIGNS = {'"': "in", "'": "ft"}
_LENGTH_VALUE = re.compile(rf"{NUMBER}(?:-{NUMBER})?|\d+['\"]?[x×]\d+")

# "1 000 000", "US$5 000", "12 000km". Only those that end in thousands: "612 345 678" may be a telephone number,
# "100 200 400" a list, and "5 000 250 ml bottles" are not five million.
_FIRST_GROUP = re.compile(rf"(?:[A-Z]{{0,2}}[{_CURRENCY_SIGNS}]|[-+~<])?[1-9]\d{{0,2}}")
_THOUSANDS = re.compile(r"000(?:\D.*)?")
_MOST_GROUPS = 6  # of a trillion, and the word behind

_SIGN_EQUIVALENTS = str.maketrans(
    dict.fromkeys("‘’‛ʼ′`´", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("\u2212\u2010\u2011\u2012⁻₋", "-")
    | {"№": "No.", "⁄": "/", "∕": "/", "∖": "\\", "∶": ":", "∣": "|", "∼": "~", "―": "—"}
    | EQUIVALENTS
)
# "end.Next", "yes,no", "so...well", "No.1": a URL has no upper case there.
_MISSING_SPACE = re.compile(
    r"(?<=[a-z]{2})[.?!]+(?=[A-Z][a-z])|(?<=[^\W\d])[,;!]+(?<!\b[Tt][Ll];)(?=[^\W\d])|(?<=\w)\.{2,}(?=\w)|(?<=\bNo)\.(?=\d)"
)
_STARS = re.compile("(?<=[0-9])[★⭐]+")
# NFKC makes a word in Arabic letters of this sign.
_RIAL = "﷼"
# Between digits; elsewhere it is a decoration.
_DOT_OPERATOR = re.compile(r"(?<=\d)⋅(?=\d)")
# Brackets, unless they stand between operands or alone: ≪Sale≫. Raised and lowered plus signs that belong to nothing.
_ORNAMENTS = re.compile(
    r"(?<![^\W_)])[≪≫](?=\S)|(?<=\S)[≪≫](?![^\W_(])"
    r"|(?<![^\W_)])[⁺₊](?![^\W_(])"
)
_ALLOWED = frozenset(SYMBOLS) | set("–—") | {chr(code) for code in range(32, 127)}


@dataclass(frozen=True, slots=True)
class WordPart:
    """A word split into `core` and trailing punctuation `tail`; `text` is the whole.

    `in_mixed_number`: whether it is a fraction after a whole number, as in "2 1/2". An empty part is read with a later
    one.
    """

    text: str = ""
    core: str = ""
    tail: str = ""
    in_mixed_number: bool = False
    in_telephone_number: bool = False
    is_zip_code: bool = False

    @property
    def with_period(self) -> str:
        """The core with its period, the lookup key of abbreviations; "" without a period."""
        return f"{self.core}." if self.tail.startswith(".") else ""


def split_word(word: str) -> list[WordPart]:
    """The parts of a displayed word: usually one, none for an emoji, two for "fast—really"."""
    return [_part(piece) for piece in _to_rule_alphabet(word).split()]


def has_reading(sign: str) -> bool:
    """Whether a currency or mathematical sign is read between operands."""
    return _to_rule_alphabet(f"1{sign}1") != "1 1"


def attach_length_units(line: Sequence[WordPart]) -> Iterator[WordPart]:
    """Append the unit to feet and inches (12", 5') where the sign does not close a quotation."""
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


def mark_mixed_numbers(line: Sequence[WordPart]) -> Iterator[WordPart]:
    """The line, in which the fractions of mixed numbers are marked."""
    for before, part in pairwise([WordPart(), *line]):
        yield replace(part, in_mixed_number=before.core.isdecimal() and not before.tail and "/" in part.core)


def join_thousands(line: Sequence[WordPart]) -> Iterator[WordPart]:
    """The line, in which a number whose groups have blanks between them is one part, its last. The others are empty."""
    groups: list[WordPart] = []
    left = 0
    for index, part in enumerate(line):
        left = left - 1 if left else _count_groups(line[index : index + _MOST_GROUPS])
        groups.append(part)
        if left:
            yield WordPart()
        elif len(groups) == 1:
            yield groups.pop()
        else:
            text, core = (",".join(getattr(group, name) for group in groups) for name in ("text", "core"))
            yield replace(part, text=text, core=core)
            groups.clear()


def _count_groups(line: Sequence[WordPart]) -> int:
    """How many groups of three digits belong to the number that the first part begins, up to the last thousands.

    None where other digits follow, as in a telephone number.
    """
    if line[0].in_telephone_number or not _FIRST_GROUP.fullmatch(line[0].core):
        return 0
    count = 0
    for index, (before, part) in enumerate(pairwise(line), start=1):
        if before.tail or not before.core[-1:].isdecimal():
            break
        if _THOUSANDS.fullmatch(part.core):
            count = index
        elif not re.fullmatch(r"\d{3}", part.core):
            return 0 if part.core.isdecimal() else count
    return count


def name_signs_of_equations(line: Sequence[WordPart]) -> Iterator[WordPart]:
    """The line, with words for "-" and "x" between two numbers before an equals sign: elsewhere they make ranges."""
    nothing = WordPart()
    for before, part, after, then in zip(
        [nothing, *line], line, [*line[1:], nothing], [*line[2:], nothing, nothing], strict=False
    ):
        is_sum = then.text == "=" and before.core.isdecimal() and after.core.isdecimal()
        named = _EQUATION_SIGNS.get(part.text) if is_sum else None
        yield replace(part, core=named, tail="") if named else part


def silence_brackets(line: Sequence[WordPart]) -> Iterator[WordPart]:
    """The line, in which ≪ and ≫ that have no operand are silent: "≪ Sale ≫"."""
    nothing = WordPart()
    for before, part, after in zip([nothing, *line], line, [*line[1:], nothing], strict=False):
        is_bracket = part.core in ("≪", "≫") and not (before.core and after.core)
        yield replace(part, core="") if is_bracket else part


def _quotation_open(part: WordPart, sign: str, opened: bool) -> bool:
    """Whether a quotation in this sign is open after the part; apostrophes inside words do not count."""
    begins = part.text.lstrip("([{*_").startswith(sign)
    return (opened or begins) and sign not in part.tail


def prosody_mark(tail: str) -> str:
    """The punctuation passed to the TTS engine for a word's tail: one of ". , ? ! ; :", or ""."""
    strongest = next((sign for sign in _PROSODY_MARKS if sign in tail), "")
    return strongest or ("," if "—" in tail or "–" in tail else "")


def _part(piece: str) -> WordPart:
    match = _PART.fullmatch(piece)
    assert match is not None  # every group may be empty, so the pattern matches any text
    core, tail = match["core"], match["tail"]
    return WordPart(piece, core, tail) if core else WordPart(piece, "", piece)


def _to_rule_alphabet(word: str) -> str:
    """Normalize a word to the letters, digits and signs that the rules handle; others become spaces."""
    word = name_greek_letters(spell_powers(strip_emoji(_ORNAMENTS.sub(" ", _STARS.sub(" stars", word)))))
    # Before NFKC, which would turn the inch sign into two characters and an accent into a space.
    text = "".join(map(_space_fraction, _DOT_OPERATOR.sub("×", word))).translate(_SIGN_EQUIVALENTS)
    text = _RIAL.join(unicodedata.normalize("NFKC", part) for part in text.split(_RIAL))
    text = "".join(map(_keep_character, text))
    # An em dash separates words; an en dash joins them unless it stands alone.
    text = re.sub(r"(?<=\S)–(?=\S)", "-", re.sub(r"--+|—", "— ", text))
    if text in ("-", "–"):
        text = "–"
    return _MISSING_SPACE.sub(r"\g<0> ", text)


def _space_fraction(character: str) -> str:
    """Surround a fraction character with spaces: NFKC turns "1½" into "11/2"."""
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
