"""Text normalization of times of day, dates, decades, durations and ratios."""

import re

from content_pipeline.core.speech.english.numbers import bare_number, cardinal, ordinal, year

MONTHS = {
    name: month
    for month in (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    )
    for name in {month, month[:3], "Sept" if month == "September" else month}
}  # fmt: skip
_MONTH_NAMES = tuple(dict.fromkeys(MONTHS.values()))
DAYS = {
    name: day
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    for name in (day, day[:3])
}

_DAY_PERIODS = {"am": "AM", "pm": "PM", "a.m": "AM", "p.m": "PM"}
# A period instead of the colon only before "am" or "pm": "9.30am".
_CLOCK = re.compile(r"(\d{1,2})(?::|\.(?=\d\d[ap]))(\d{2})(?::(\d{2}))?([ap]\.?m\.?)?", re.IGNORECASE)
_HOUR = re.compile(r"(\d{1,2})([ap]\.?m\.?)", re.IGNORECASE)
_MINUTES_AND_SECONDS = re.compile(r"(2[5-9]|[3-9]\d):([0-5]\d)")
_RATIO = re.compile(r"(\d{1,4}):(\d{1,4})")
# Aspect ratios are read with "by"; "9:16" is not a time.
_ASPECT_RATIOS = {"16:9", "9:16", "4:3", "3:4", "4:5", "5:4", "3:2", "2:3", "21:9", "1.91:1"}
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})")
_MONTH_FIRST = re.compile(r"(?P<month>\d{1,2})[/-](?P<day>\d{1,2})[/-](?P<year>\d{4}|\d{2})")
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})[/-](?P<month>\d{1,2})[/-](?P<year>\d{4}|\d{2})")
# Four-digit years only: "3.11.12" is a version.
_DAY_FIRST_WITH_POINTS = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})")
_SHORT_DATE = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})")
# A bare "30s" usually means seconds (number_suffixes.py).
_DECADE = re.compile(r"(?:(?P<part>early|mid|late)-)?(?P<mark>')?(?P<century>1[1-9]|20)?(?P<decade>\d0)(?P<of>')?s")
_LENGTH = re.compile(r"(?:(?P<hour>\d{1,2})h)?(?:(?P<minute>\d{1,2})m(?:in)?)?(?:(?P<second>\d{1,2})s)?")


def day_period(text: str) -> str | None:
    """ "AM" or "PM" for any way of writing it; None for anything else."""
    return _DAY_PERIODS.get(text.lower().rstrip("."))


def clock(text: str) -> str | None:
    """The reading of "10:30", "9am", "14:00"; None if it is no time of day."""
    if text in _ASPECT_RATIOS:
        return None
    if hour := _HOUR.fullmatch(text):
        return f"{cardinal(int(hour[1]))} {day_period(hour[2])}"
    match = _CLOCK.fullmatch(text)
    if not match or int(match[1]) > 24 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        return None
    spoken = _hour_and_minute(int(match[1]), int(match[2]), alone=not (match[3] or match[4]))
    if match[3]:
        spoken += f" and {cardinal(int(match[3]))} seconds"
    return f"{spoken} {day_period(match[4])}" if match[4] else spoken


def ratio(text: str) -> str | None:
    """The reading of "16:9", "3:1" and "45:30", in minutes; None if it is neither."""
    match = _RATIO.fullmatch(text)
    if match and text in _ASPECT_RATIOS:
        return f"{cardinal(int(match[1]))} by {cardinal(int(match[2]))}"
    return _minutes_and_seconds(text) or plain_ratio(text)


def _minutes_and_seconds(text: str) -> str | None:
    """The reading of a length of more than 24 minutes; None for shares of a hundred ("70:30")."""
    match = _MINUTES_AND_SECONDS.fullmatch(text)
    if not match or int(match[1]) + int(match[2]) == 100:
        return None
    minutes, seconds = int(match[1]), int(match[2])
    return _hour_and_minute(minutes, seconds, alone=False) if seconds else f"{cardinal(minutes)} minutes"


def plain_ratio(text: str) -> str | None:
    """The reading of "3:2" where it is not a picture's: "three to two". None if it is no ratio."""
    match = _RATIO.fullmatch(text)
    return f"{cardinal(int(match[1]))} to {cardinal(int(match[2]))}" if match else None


def date(text: str) -> str | None:
    """The reading of "2026-05-01", "5/1/2026", "13.5.2026"; None if it is no date. Ambiguous dates are month-first,
    unless separated by periods."""
    orders = (_YEAR_FIRST, _MONTH_FIRST, _DAY_FIRST, _DAY_FIRST_WITH_POINTS)
    matches = (order.fullmatch(text) for order in orders)
    return next((spoken for match in matches if match and (spoken := _date(**match.groupdict()))), None)


def short_date(text: str) -> str | None:
    """The reading of "3/15"; None if there is no such day."""
    match = _SHORT_DATE.fullmatch(text)
    return _date(**match.groupdict()) if match else None


def day_of_month(text: str) -> str | None:
    """The ordinal of "1" or "1st" as a day, "first to fifth" for "1-5"; None for what is no day."""
    days = [re.sub(r"(?:st|nd|rd|th)$", "", day) for day in text.split("-")]
    if len(days) > 2 or not all(re.fullmatch(r"[1-9]|[12]\d|3[01]", day) for day in days):
        return None
    return " to ".join(ordinal(int(day)) for day in days)


def decade(text: str) -> str | None:
    """The reading of "'90s", "1990s", "1900s", "mid-30s"; None for anything else."""
    match = _DECADE.fullmatch(text)
    if not match or not any(match.group("part", "mark", "century", "of")):
        return None
    spoken = year(int(match["century"] + match["decade"])) if match["century"] else bare_number(match["decade"]) or ""
    spoken = f"{spoken.removesuffix('y')}ies" if spoken.endswith("y") else f"{spoken}s"
    return f"{match['part']} {spoken}" if match["part"] else spoken


def duration(text: str) -> str | None:
    """The reading of "1h30m", "1h30", "2m30s": "one hour thirty minutes". None for a single unit, and anything else."""
    match = _LENGTH.fullmatch(text) or _LENGTH.fullmatch(f"{text}m")
    named = [(int(count), name) for name, count in match.groupdict().items() if count] if match else []
    if len(named) < 2:
        return None
    return " ".join(f"{cardinal(count)} {name}{'' if count == 1 else 's'}" for count, name in named)


def name_range(text: str) -> str | None:
    """The reading of "Mon-Fri", "Jan-Mar": "Monday to Friday". None for anything else."""
    first, _, last = text.replace(".", "").partition("-")
    return next((f"{names[first]} to {names[last]}" for names in (DAYS, MONTHS) if {first, last} <= names.keys()), None)


def _hour_and_minute(hour: int, minute: int, *, alone: bool) -> str:
    if minute:
        return f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    if not alone:
        return cardinal(hour)
    if hour == 0:
        return "midnight"
    return f"{cardinal(hour)} o'clock" if hour <= 12 else f"{cardinal(hour)} hundred"


def _date(month: str, day: str, year: str = "") -> str | None:
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    spoken = f"{_MONTH_NAMES[int(month) - 1]} {ordinal(int(day))}"
    # "99" was, "26" is.
    century = "" if len(year) != 2 else "19" if int(year) > 50 else "20"
    return f"{spoken}, {bare_number(century + year)}" if year else spoken
