"""Text normalization rules that depend on adjacent words: "1," after "May", "km" after "5", "St." before "Louis"."""

import re
from collections.abc import Callable, Sequence

from content_pipeline.core.speech.english import abbreviations, amounts, dates_and_times, number_suffixes, numbers
from content_pipeline.core.speech.english.word_parts import WordPart, prosody_mark

_NUMBER = re.compile(rf"[-+~]?{numbers.NUMBER}|\d+/\d+")
# Modifiers between a number and its unit: "five square feet", "twelve fluid ounces".
_UNIT_MODIFIERS = {"sq": "square", "cu": "cubic", "fl": "fluid"}
_RANGE_SIGNS = {"–": "to", "x": "by", "×": "by"}
# Nouns before "n of m": "part 1/3" is no third of a part.
_NUMBERED = {
    "part", "pt", "day", "step", "episode", "ep", "lesson", "tip", "week", "round", "slide", "page", "chapter",
    "section", "video",
}  # fmt: skip
_TELEPHONE = re.compile(
    r"(?<!\S)(?:"
    r"(?:\+?\d{1,3}[ .-]?)?(?:\(\d{3}\)[ -]?|\d{3}[ .-])\d{3}[ .-]\d{4}"  # (555) 123-4567, +1 555 123 4567
    r"|\+\d{1,3}(?:[ .-]?\(?\d{2,4}\)?){2,5}"  # +49 30 1234 5678
    r"|\d{3}-\d{4}"  # 123-4567
    r"|1-8\d\d-[A-Z\d-]+"  # 1-800-FLOWERS
    r")(?=[.,;:!?)]*(?:\s|$))"
)


def find_telephone_parts(parts: Sequence[WordPart]) -> set[int]:
    """Indices of the parts that belong to phone numbers."""
    line = " ".join(part.text for part in parts)
    spans = [match.span() for match in _TELEPHONE.finditer(line)]
    found, at = set(), 0
    for index, part in enumerate(parts):
        if any(start < at + len(part.text) and at < end for start, end in spans):
            found.add(index)
        at += len(part.text) + 1
    return found


def read_telephone(core: str) -> str:
    """Read a part of a phone number digit by digit, with a short pause between groups."""
    groups = (numbers.digits(group) or group for group in re.findall(r"\d+|[A-Z]+", core))
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
    if _is_count(before) or before.core in _UNIT_MODIFIERS:
        one = before.core == "1" or "/" in before.core
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
    return numbers.fraction_after_number(part.core) if before.core.isdecimal() and not before.tail else None


def _range_sign(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    _, number_after = amounts.split_price(after.core)
    if (before.core[-1:].isdecimal() or dates_and_times.day_period(before.core)) and number_after[:1].isdecimal():
        return _RANGE_SIGNS.get(part.core or part.text)
    return None


def _roman(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    if count := abbreviations.roman_count(before.core, part.core):
        return numbers.cardinal(count)
    if rank := abbreviations.roman_rank(before.core, part.core):
        return f"the {numbers.ordinal(rank)}"
    return None


def _abbreviation(before: WordPart, part: WordPart, after: WordPart) -> str | None:
    if part.with_period:
        return abbreviations.expand(before.core, part.with_period, after.core)
    return abbreviations.before_number(part.core) if not part.tail and after.core[:1].isdecimal() else None


_RULES: tuple[Callable[[WordPart, WordPart, WordPart], str | None], ...] = (
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
    _roman,
    _abbreviation,
)
