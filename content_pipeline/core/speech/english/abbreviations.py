"""Text normalization of abbreviations, initials and fixed expressions."""

import re

from content_pipeline.core.speech.english.capitals import letters

# "Dr. Smith": capitalized, before a capitalized word.
_BEFORE_NAMES = {
    "dr.": "Doctor", "rev.": "Reverend", "gen.": "General", "sen.": "Senator", "rep.": "Representative",
    "gov.": "Governor", "capt.": "Captain", "lt.": "Lieutenant", "sgt.": "Sergeant", "hon.": "Honorable",
    "mt.": "Mount", "st.": "Saint", "ft.": "Fort",
}  # fmt: skip
# "Acme Inc.": capitalized, after a name.
_AFTER_NAMES = {
    "jr.": "Junior", "sr.": "Senior", "inc.": "Incorporated", "ltd.": "Limited", "corp.": "Corporation",
    "co.": "Company", "dept.": "Department", "st.": "Street", "dr.": "Drive", "ave.": "Avenue", "blvd.": "Boulevard",
    "rd.": "Road", "hwy.": "Highway", "apt.": "Apartment",
}  # fmt: skip
_BEFORE_NUMBERS = {
    "no.": "number", "nos.": "numbers", "fig.": "figure", "ch.": "chapter", "vol.": "volume", "ep.": "episode",
    "pt.": "part", "p.": "page", "pg.": "page", "pp.": "pages", "ca.": "about", "est.": "established",
}  # fmt: skip
# Of these, the unambiguous ones when the period is missing.
_WITHOUT_PERIOD = frozenset({"ch", "ep", "fig", "pg", "pt", "vol"})
_ANY_CONTEXT = {
    "mr.": "Mister", "mrs.": "Missus", "ms.": "Ms", "prof.": "Professor",
    "etc.": "et cetera", "e.g.": "for example", "i.e.": "that is", "vs.": "versus", "approx.": "approximately",
    "incl.": "including", "excl.": "excluding", "feat.": "featuring", "avg.": "average", "min.": "minimum",
    "max.": "maximum", "ph.d.": "PhD", "a.m.": "AM", "p.m.": "PM", "tue.": "Tuesday", "tues.": "Tuesday",
    "thu.": "Thursday", "thurs.": "Thursday", "fri.": "Friday",
}  # fmt: skip
_NEVER_LAST = {
    "mr.", "mrs.", "ms.", "prof.", "e.g.", "i.e.", "vs.", "approx.", "incl.", "excl.", "feat.", "avg.", "a.k.a.",
}  # fmt: skip
# Exact matches, without a period.
_FIXED_READINGS = {
    "24/7": "twenty-four seven",
    "9/11": "nine eleven",
    "911": "nine one one",
    "20/20": "twenty twenty",
    "50/50": "fifty fifty",
    "50-50": "fifty fifty",
    "4k": "four K",
    "8k": "eight K",
    "and/or": "and or",
    "w/": "with",
    "w/o": "without",
    "b/c": "because",
    "s/o": "shout-out",
    "n/a": "not available",
    "$$": "money",
    "$$$": "money",
    "$$$$": "money",
    "c++": "C plus plus",
    "c#": "C sharp",
    "f#": "F sharp",
    "vs": "versus",
    "approx": "approximately",
    "etc": "et cetera",
    "°c": "degrees Celsius",
    "°f": "degrees Fahrenheit",
    "at&t": "A-T and T",
    "401k": "four oh one K",
    "401(k": "four oh one K",
    "y2k": "Y two K",
    "am/pm": "AM PM",
    "am/fm": "AM FM",
    "ww2": "World War two",
    "wwii": "World War two",
    "wwi": "World War one",
    "tues": "Tuesday",
    "thur": "Thursday",
    "thurs": "Thursday",
    "weds": "Wednesday",
    "'n": "and",
    "'n'": "and",
    "i/o": "I O",
}
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")


def fixed_reading(text: str) -> str | None:
    """The reading of "24/7", "and/or", "C++"; None for what is not in the table."""
    return "four thousand" if text == "4k" else _FIXED_READINGS.get(text.lower())


def expand(before: str, with_period: str, after: str) -> str | None:
    """The expansion of an abbreviation (with its period) between two words; None if it is none in this context."""
    tables = [_ANY_CONTEXT]
    if is_before_name(before, with_period, after):
        tables.append(_BEFORE_NAMES)
    elif after[:1].isdecimal():
        tables.append(_BEFORE_NUMBERS)
    if with_period[:1].isupper():
        tables.append(_AFTER_NAMES)
    return next((table[with_period.lower()] for table in tables if with_period.lower() in table), None)


def before_number(text: str) -> str | None:
    """The expansion of "ep" and "pt" before a number, without their period; None for anything else."""
    return _BEFORE_NUMBERS[f"{text.lower()}."] if text.lower() in _WITHOUT_PERIOD else None


def is_before_name(before: str, with_period: str, after: str) -> bool:
    """Whether the period belongs to a title or initial ("Dr. Smith", "J. Smith"), unlike in "123 Main St. Then"."""
    if not (with_period[:1].isupper() and after[:1].isupper()):
        return False
    if len(with_period) == 2:
        return with_period != "I." and (not before or before[:1].isupper())
    return with_period.lower() in _BEFORE_NAMES and not (with_period == "St." and before[:1].isupper())


def abbreviates(with_period: str) -> bool:
    """Whether the period after a word may mark an abbreviation."""
    key = with_period.lower()
    return bool(_INITIALS.fullmatch(with_period[:-1])) or any(
        key in table for table in (_AFTER_NAMES, _BEFORE_NUMBERS, _ANY_CONTEXT)
    )


def never_last(with_period: str) -> bool:
    """Whether an abbreviation never ends a sentence: "this vs. That"."""
    return with_period.lower() in _NEVER_LAST


def initials(text: str) -> str | None:
    """ "US" for "U.S": letters without periods, which voices spell out. None for anything else."""
    return letters(text.replace(".", "").upper()) if _INITIALS.fullmatch(text) else None
