"""Text normalization of Roman numerals, which only their neighbors tell from words and names."""

import re

from content_pipeline.core.speech.english.numbers import cardinal, ordinal

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_NUMERAL = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
# Those that are no words, initials or sizes: read as a number wherever they stand.
_UNMISTAKABLE = re.compile(r"II|III|VI|VII|VIII|IX|XI{1,3}|XIV|XVI{0,3}|XIX|XXI{1,3}")
# After these words they count, ...
_BEFORE_COUNTS = {
    "act", "appendix", "article", "book", "bowl", "chapter", "civilization", "class", "diablo", "episode",
    "fantasy", "final", "grade", "gta", "halo", "height", "lesson", "level", "mark", "olympics", "part", "phase",
    "quest", "rocky", "round", "saw", "scene", "season", "section", "souls", "stage", "step", "theft", "title",
    "type", "unit", "version", "volume", "war", "wars",
}  # fmt: skip
# ... after these they rank.
_MONARCHS = {
    "alexander", "benedict", "catherine", "charles", "edward", "elizabeth", "francis", "frederick", "george",
    "gregory", "harald", "henry", "innocent", "ivan", "james", "john", "juan", "leo", "louis", "mary", "napoleon",
    "nicholas", "paul", "peter", "philip", "pius", "ramses", "richard", "urban", "wilhelm", "william",
}  # fmt: skip
_POSSESSIVE = "'s"


def roman_numeral(before: str, text: str) -> str | None:
    """The reading of "II" after "War" and "VIII" after "Henry"; None for what may be a word, as in "George I said"."""
    numeral = text.removesuffix(_POSSESSIVE)
    value = _value(numeral)
    if not value:
        return None
    ending = text[len(numeral) :]
    if before.lower() in _MONARCHS and numeral != "I":
        return f"the {ordinal(value)}{ending}"
    if before.lower() in _BEFORE_COUNTS or (_UNMISTAKABLE.fullmatch(numeral) and not ending):
        return cardinal(value) + ending
    return None


def _value(numeral: str) -> int:
    """Zero for what is no numeral."""
    if not (numeral and _NUMERAL.fullmatch(numeral)):
        return 0
    values = [_VALUES[letter] for letter in numeral]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )
