"""Text normalization of US ZIP codes: "CA 90210" is read as "California nine zero two one zero"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from content_pipeline.core.speech.english.numbers import digits
from content_pipeline.core.speech.english.word_parts import WordPart

_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "DC", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii",
    "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
# What `istitle` does not know: "d'Alene", "Mary's".
_NAME = re.compile(r"(?:[a-z]')?[A-Z][a-z]+(?:'s)?")
_NAME_OF_TWO = re.compile(r"(?:De|Du|La|Le|Mac|Mc)[A-Z][a-z]+")
# After capitals these are words: "FOUND, IN 50000 HOMES", "DeFi, OR 20000 coins".
_WORDS = {"AR", "HI", "ID", "IN", "LA", "MA", "ME", "OH", "OK", "OR", "PA"}
_CODE = re.compile(r"\d{5}(?:-\d{4})?")


def mark_zip_codes(line: Sequence[WordPart]) -> Iterator[WordPart]:
    """The line, with the names of states in "Austin, TX 78701", and their codes marked. Elsewhere "IN" is a word."""
    nothing = WordPart()
    is_code = False
    for before, part, after in zip([nothing, *line], line, [*line[1:], nothing], strict=False):
        if is_code:
            part, is_code = replace(part, is_zip_code=True), False
        elif _is_city(before, part) and part.core in _STATES and not part.tail and _CODE.fullmatch(after.core):
            part, is_code = replace(part, core=_STATES[part.core]), True
        yield part


def _is_city(part: WordPart, after: WordPart) -> bool:
    """Whether a part may be the end of a city's name before the letters of a state."""
    is_title = part.core.istitle() or bool(_NAME.fullmatch(part.core))
    is_capitalized = (part.core.isalpha() and part.core.isupper()) or bool(_NAME_OF_TWO.fullmatch(part.core))
    return part.tail.startswith(",") and (is_title or (is_capitalized and after.core not in _WORDS))


def zip_code(part: WordPart) -> str | None:
    """The digits of a ZIP code; None for anything else."""
    return ", ".join(map(digits, part.core.split("-"))) if part.is_zip_code else None
