"""Text normalization rules that depend on adjacent words: "1," after "May", "km" after "5", "St." before "Louis"."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from content_pipeline.core.speech.english import (
    abbreviations,
    amounts,
    capitals,
    censored_words,
    codes,
    dates_and_times,
    number_suffixes,
    numbers,
    zip_codes,
)
from content_pipeline.core.speech.english.roman_numerals import roman_numeral
from content_pipeline.core.speech.english.word_parts import WordPart, prosody_mark

_NUMBER = re.compile(rf"[-+~]?{numbers.NUMBER}(?:-{numbers.NUMBER})?|\d+/\d+")
# Modifiers between a number and its unit: "five square feet", "twelve fluid ounces".
_UNIT_MODIFIERS = {"sq": "square", "cu": "cubic", "fl": "fluid"}
_RANGE_SIGNS = {"–": "to", "x": "by", "×": "by", ">": "is more than", "<": "is less than"}
# Nouns before "n of m": "part 1/3" is no third of a part.
_NUMBERED = {
    "part", "pt", "day", "step", "episode", "ep", "lesson", "tip", "week", "round", "slide", "page", "chapter",
    "section", "video",
}  # fmt: skip
# What a range or a size begins with: "5", "10am", "8.5in".
_LENGTH = re.compile(r".*\d(?:in|ft)?")
_CURRENCY_CODES = {"USD", "EUR", "GBP", "CHF", "CAD", "AUD"}
_TIME_ZONES = {"BST", "CET", "CST", "EDT", "EST", "ET", "GMT", "MST", "PDT", "PST", "PT", "UTC"}
_ERAS = {"AD", "BC", "BCE", "CE"}
_BEFORE_ARE = {"how", "ppl", "they", "u", "we", "what", "where", "who", "why", "you"}
# Nouns before which "IT" is the department.
_AFTER_IT = {
    "admin", "career", "careers", "company", "consultant", "department", "dept", "director", "guy", "industry",
    "infrastructure", "job", "jobs", "manager", "person", "professional", "professionals", "project", "security",
    "services", "skills", "specialist", "staff", "support", "team", "teams", "worker", "workers",
}  # fmt: skip
# After a number and "in" these tell inches from a place.
_AFTER_INCHES = {"deep", "diameter", "high", "long", "tall", "thick", "wide"}
# What is growth and no telephone number: "+12000", "+100 000", "+120 500 000", "+1 500 000 000".
_MORE = (
    r"\d{1,8}(?!\d|[ .-]?\(?\d)"
    r"|(?:\d{1,3} 000(?: \d{3})?|\d{1,3} \d{3} 000|\d{1,3}(?: \d{3})* 000 000)(?!\d| ?\(?\d)"
)
_TELEPHONE = re.compile(
    r"(?<!\S)(?:"
    r"(?:\+?\d{1,3}[ .-]?)?(?:\(\d{3}\)[ -]?|\d{3}[ .-])\d{3}[ .-]\d{4}"  # (555) 123-4567, +1 555 123 4567
    rf"|\+(?!{_MORE})\d{{1,3}}(?:[ .-]\d)?(?:[ .-]?\(?\d{{2,4}}\)?){{2,5}}"  # +49 30 1234 5678, +33 6 12 34 56 78
    r"|\d{3}-\d{4}"  # 123-4567
    r"|1-8\d\d-[A-Z\d-]+"  # 1-800-FLOWERS
    r")(?=[.,;:!?)]*(?:\s|$))"
)


def mark_telephone_numbers(line: Sequence[WordPart]) -> Iterator[WordPart]:
    """The line, in which the parts of telephone numbers are marked."""
    spans = [match.span() for match in _TELEPHONE.finditer(" ".join(part.text for part in line))]
    at = 0
    for part in line:
        yield replace(part, in_telephone_number=any(start < at + len(part.text) and at < end for start, end in spans))
        at += len(part.text) + 1


def read_telephone(core: str) -> str:
    """Read a part of a phone number digit by digit, with a short pause between groups."""
    groups = (numbers.digits(group) or capitals.read_capitals(group) for group in re.findall(r"\d+|[A-Z]+", core))
    return ("plus " if core.startswith("+") else "") + ", ".join(groups)


def read_in_context(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    """The reading of a part in context; None if no rule applies."""
    return next((spoken for rule in _RULES if (spoken := rule(before, part, after)) is not None), None)


def _is_count(part: WordPart) -> bool:
    """Whether a part is a number that modifies the next part."""
    return bool(_NUMBER.fullmatch(part.core)) and not part.tail


def mark_in_context(before: WordPart, part: WordPart, after: WordPart) -> str:
    """The prosody mark of a part; an abbreviation's period counts only where it also ends a sentence."""
    if _range_sign(before, part, after):
        return ""
    if after.core in _TIME_ZONES:
        return ""
    # "5 ft. 11 in.", "30 min. ⅓ cup"
    if part.with_period and after.core[:1].isdecimal() and _unit(before, part, after):
        return ","
    if part.with_period and not _ends_sentence(before, part, after):
        return prosody_mark(part.tail[1:])
    return prosody_mark(part.tail)


def _ends_sentence(before: WordPart, part: WordPart, after: WordPart) -> bool:
    """Whether the period after a part ends a sentence."""
    if not after.core:
        return True
    if abbreviations.is_before_name(before.core, part.with_period, after.core) or abbreviations.never_last(
        part.with_period
    ):
        return False
    shortened = (
        abbreviations.abbreviates(part.with_period) or part.core in dates_and_times.MONTHS or _unit(before, part, after)
    )
    return not shortened or after.core[0].isupper()


def _month(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    beside_day = dates_and_times.day_of_month(after.core) or dates_and_times.day_of_month(before.core)
    return dates_and_times.MONTHS.get(part.core) if beside_day or part.with_period else None


def _day(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    if before.core in dates_and_times.MONTHS and before.tail in ("", "."):
        return dates_and_times.day_of_month(part.core)
    if after.core in dates_and_times.MONTHS and not part.tail and (day := dates_and_times.day_of_month(part.core)):
        return f"{day} of" if before.core.lower() == "the" else f"the {day} of"
    return None


def _price_before_scale(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    return amounts.number_of_price(part.core) if after.core in amounts.SCALES else None


def _scale_after_price(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    currency = amounts.currency_of_price(before.core) if part.core in amounts.SCALES else None
    return currency and f"{part.core} {currency}"


def _unit(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    if _is_count(before) and part.core == "in" and (part.with_period or after.core in _AFTER_INCHES):
        return amounts.unit("in", one=before.core == "1")
    if _is_count(before) and part.with_period == "c.":
        return "cup" if before.core == "1" else "cups"
    if _is_count(before) or before.core in _UNIT_MODIFIERS:
        one = before.core == "1" or ("/" in before.core and not before.in_mixed_number)
        return _UNIT_MODIFIERS.get(part.core) or amounts.detached_unit(part.core, one=one)
    return None


def _hour_before_day_period(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    day_period = dates_and_times.day_period(after.core)
    spoken = day_period and dates_and_times.clock(part.core + day_period)
    return spoken and spoken.removesuffix(f" {day_period}")


def _day_period_after_hour(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    return dates_and_times.day_period(part.core) if re.fullmatch(r"\d{1,2}(?:[:.]\d{2})?", before.core) else None


def _letter_after_number(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    if not part.core[:1].isdecimal():
        return None
    previous = "" if before.tail else before.core.lower()
    following = "" if part.tail else after.core.lower()
    return number_suffixes.read_number_suffix(previous, part.core, following)


def _amount_of_a(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    is_attribute = before.core.lower() in ("a", "an") and not part.tail and after.core.isalpha()
    return amounts.attributive_amount(part.core) if is_attribute and after.core not in amounts.SCALES else None


def _share_of_whole(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    if before.core.lower() in _NUMBERED:
        return numbers.out_of(part.core, "of")
    return numbers.out_of(part.core, "out of") if after.core in ("star", "stars") else None


def _fraction_after_number(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    return numbers.fraction_after_number(part.core) if part.in_mixed_number else None


def _range_sign(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    _, number_after = amounts.split_price(after.core)
    if (_LENGTH.fullmatch(before.core) or dates_and_times.day_period(before.core)) and number_after[:1].isdecimal():
        return _RANGE_SIGNS.get(part.core or part.text)
    return None


def _roman(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    return roman_numeral(before.core, part.core)


def _ratio(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    """ "3:2 ratio", which is no picture's."""
    return dates_and_times.plain_ratio(part.core) if after.core == "ratio" else None


def _number_of_name(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    return codes.number_of_name(before.core, part.core)


def _currency_code(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    """Nothing for "USD" before its number, which then names it; "US dollars" after "$20"."""
    if part.core not in _CURRENCY_CODES:
        return None
    if not part.tail and _NUMBER.fullmatch(after.core):
        return ""
    return amounts.unit(part.core, one=False) if amounts.currency_of_price(before.core) else None


def _number_after_currency_code(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    if before.core in _CURRENCY_CODES and not before.tail and _NUMBER.fullmatch(part.core):
        return f"{numbers.number(part.core)} {amounts.unit(before.core, one=part.core == '1')}"
    return amounts.number_of_price(part.core) if after.core in _CURRENCY_CODES and not part.tail else None


def _era(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    """ "300 AD" and "AD 300", which is no "ad"."""
    beside_number = before.core.isdecimal() or after.core.isdecimal()
    return capitals.letters(part.core) if part.core in _ERAS and beside_number else None


def _word_or_letters(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    """ "IT", "US" and "WHO" are letters or words, by their neighbors."""
    shouted = capitals.is_shouted(before.core) or capitals.is_shouted(after.core)
    if part.core == "US":
        return "us" if shouted and before.core not in ("THE", "the") else None
    is_letters = (part.core == "IT" and (after.core.lower() in _AFTER_IT or before.core == "in")) or (
        part.core == "WHO" and before.core == "the" and not shouted
    )
    return capitals.letters(part.core) if is_letters else None


def _chat_letter(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    """ "r" beside "u" is "are"; elsewhere it may be a radius."""
    return "are" if part.core == "r" and (before.core in _BEFORE_ARE or after.core == "u") else None


def _weekday(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    """ "Sat" before "10am" and "Mon" beside "&" are days."""
    beside = after.core[:1].isdecimal() or "&" in (before.core, after.core) or bool(_range_sign(before, part, after))
    return dates_and_times.DAYS.get(part.core) if beside or after.core in dates_and_times.DAYS else None


def _zip_code(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    return zip_codes.zip_code(part)


def _censored_word(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    """A word with stars inside or at its end; not one in Markdown's stars."""
    stars = len(part.tail) - len(part.tail.lstrip("*"))
    return None if part.text.startswith("*") else censored_words.censored_word(part.core + "*" * stars)


def _abbreviation(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    if part.with_period:
        return abbreviations.expand(before.core, part.with_period, after.core)
    return abbreviations.before_number(part.core) if not part.tail and after.core[:1].isdecimal() else None


_RULES: tuple[Callable[[WordPart, WordPart, WordPart], str | None], ...] = (
    _censored_word,
    _zip_code,
    _month,
    _day,
    _price_before_scale,
    _scale_after_price,
    _hour_before_day_period,
    _day_period_after_hour,
    _unit,
    _letter_after_number,
    _amount_of_a,
    _share_of_whole,
    _fraction_after_number,
    _range_sign,
    _ratio,
    _number_of_name,
    _roman,
    _currency_code,
    _number_after_currency_code,
    _era,
    _word_or_letters,
    _chat_letter,
    _weekday,
    _abbreviation,
)
