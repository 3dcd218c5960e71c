"""What is said of a word because of the words beside it: "1," after "May", "km" after "5", "St." before "Louis"."""

import re
from collections.abc import Callable, Sequence

from content_pipeline.core.speech.english import abbreviations, amounts, beside_numbers, numbers, times
from content_pipeline.core.speech.english.parts import Part, mark

_NUMBER = re.compile(rf"[-+~]?{numbers.NUMBER}|\d+/\d+")
# "Five square feet", "twelve fluid ounces": what comes between a number and its unit.
_LINKS = {"sq": "square", "cu": "cubic", "fl": "fluid"}
_JOINTS = {"–": "to", "x": "by", "×": "by"}
# What is counted through: "part 1/3" is no third of a part.
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


def telephone_parts(parts: Sequence[Part]) -> set[int]:
    """Which parts make up telephone numbers."""
    line = " ".join(part.text for part in parts)
    spans = [match.span() for match in _TELEPHONE.finditer(line)]
    found, at = set(), 0
    for index, part in enumerate(parts):
        if any(start < at + len(part.text) and at < end for start, end in spans):
            found.add(index)
        at += len(part.text) + 1
    return found


def telephone(core: str) -> str:
    """The digits of a piece of a telephone number one by one, a short pause between its groups."""
    groups = (numbers.digits(group) or group for group in re.findall(r"\d+|[A-Z]+", core))
    return ("plus " if core.startswith("+") else "") + ", ".join(groups)


def spoken_beside(before: Part, part: Part, after: Part) -> str | None:
    """What is said of a part because of its neighbours; None if they change nothing."""
    return next((spoken for rule in _RULES if (spoken := rule(before, part, after)) is not None), None)


def _counted(part: Part) -> bool:
    """Whether a part is a number and belongs to what follows it."""
    return bool(_NUMBER.fullmatch(part.core)) and not part.tail


def mark_beside(before: Part, part: Part, after: Part) -> str:
    """The mark that a part gives the voice. The point of an abbreviation is one only where a sentence ends, too."""
    if _joint(before, part, after):
        return ""
    if part.dotted and not _ends_sentence(before, part, after):
        return mark(part.tail[1:])
    return mark(part.tail)


def _ends_sentence(before: Part, part: Part, after: Part) -> bool:
    """Whether the point after a part ends a sentence."""
    if not after.core:
        return True
    if abbreviations.is_before_name(before.core, part.dotted, after.core) or abbreviations.never_last(part.dotted):
        return False
    shortened = abbreviations.abbreviates(part.dotted) or part.core in times.MONTHS or _unit(before, part, after)
    return not shortened or after.core[0].isupper()


def _month(before: Part, part: Part, after: Part) -> str | None:
    beside_day = times.day_of_month(after.core) or times.day_of_month(before.core)
    return times.MONTHS.get(part.core) if beside_day or part.dotted else None


def _day(before: Part, part: Part, after: Part) -> str | None:
    if before.core in times.MONTHS and before.tail in ("", "."):
        return times.day_of_month(part.core)
    if after.core in times.MONTHS and not part.tail and (day := times.day_of_month(part.core)):
        return f"{day} of" if before.core.lower() == "the" else f"the {day} of"
    return None


def _price_before_scale(before: Part, part: Part, after: Part) -> str | None:
    return amounts.number_of_price(part.core) if after.core in amounts.SCALES else None


def _scale_after_price(before: Part, part: Part, after: Part) -> str | None:
    currency = amounts.currency_of_price(before.core) if part.core in amounts.SCALES else None
    return currency and f"{part.core} {currency}"


def _unit(before: Part, part: Part, after: Part) -> str | None:
    if _counted(before) or before.core in _LINKS:
        one = before.core == "1" or "/" in before.core
        return _LINKS.get(part.core) or amounts.unit_apart(part.core, one=one)
    return None


def _hour_before_half(before: Part, part: Part, after: Part) -> str | None:
    half = times.half_of_day(after.core)
    spoken = half and times.clock(part.core + half)
    return spoken and spoken.removesuffix(f" {half}")


def _half_after_hour(before: Part, part: Part, after: Part) -> str | None:
    return times.half_of_day(part.core) if re.fullmatch(r"\d{1,2}(?:[:.]\d{2})?", before.core) else None


def _letter_after_number(before: Part, part: Part, after: Part) -> str | None:
    if not part.core[:1].isdecimal():
        return None
    previous = "" if before.tail else before.core.lower()
    following = "" if part.tail else after.core.lower()
    return beside_numbers.spoken(previous, part.core, following)


def _amount_of_a(before: Part, part: Part, after: Part) -> str | None:
    is_attribute = before.core.lower() in ("a", "an") and not part.tail and after.core.isalpha()
    return amounts.amount_of_a(part.core) if is_attribute and after.core not in amounts.SCALES else None


def _share_of_whole(before: Part, part: Part, after: Part) -> str | None:
    if before.core.lower() in _NUMBERED:
        return numbers.out_of(part.core, "of")
    return numbers.out_of(part.core, "out of") if after.core in ("star", "stars") else None


def _fraction_after_number(before: Part, part: Part, after: Part) -> str | None:
    return numbers.fraction_after_number(part.core) if before.core.isdecimal() and not before.tail else None


def _joint(before: Part, part: Part, after: Part) -> str | None:
    _, number_after = amounts.split_price(after.core)
    if (before.core[-1:].isdecimal() or times.half_of_day(before.core)) and number_after[:1].isdecimal():
        return _JOINTS.get(part.core or part.text)
    return None


def _roman(before: Part, part: Part, after: Part) -> str | None:
    if count := abbreviations.roman_count(before.core, part.core):
        return numbers.cardinal(count)
    if rank := abbreviations.roman_rank(before.core, part.core):
        return f"the {numbers.ordinal(rank)}"
    return None


def _abbreviation(before: Part, part: Part, after: Part) -> str | None:
    if part.dotted:
        return abbreviations.expanded(before.core, part.dotted, after.core)
    return abbreviations.before_number(part.core) if not part.tail and after.core[:1].isdecimal() else None


_RULES: tuple[Callable[[Part, Part, Part], str | None], ...] = (
    _month,
    _day,
    _price_before_scale,
    _scale_after_price,
    _hour_before_half,
    _half_after_hour,
    _unit,
    _letter_after_number,
    _amount_of_a,
    _share_of_whole,
    _fraction_after_number,
    _joint,
    _roman,
    _abbreviation,
)
