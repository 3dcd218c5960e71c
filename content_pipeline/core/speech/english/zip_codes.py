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
_CODE = re.compile(r"\d{5}(?:-\d{4})?")


def mark_zip_codes(line: Sequence[WordPart]) -> Iterator[WordPart]:
    """The line, with the names of states in "Austin, TX 78701", and their codes marked. Elsewhere "IN" is a word."""
    nothing = WordPart()
    is_code = False
    for before, part, after in zip([nothing, *line], line, [*line[1:], nothing], strict=False):
        is_city = before.tail.startswith(",") and before.core.istitle()
        if is_code:
            part, is_code = replace(part, in_address=True), False
        elif is_city and part.core in _STATES and not part.tail and _CODE.fullmatch(after.core):
            part, is_code = replace(part, core=_STATES[part.core]), True
        yield part


def zip_code(part: WordPart) -> str | None:
    """The digits of a ZIP code; None for anything else."""
    return ", ".join(map(digits, part.core.split("-"))) if part.in_address else None
