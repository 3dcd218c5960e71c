"""Context-free text normalization rules for a single word."""

import re
from collections.abc import Callable
from itertools import pairwise

from content_pipeline.core.speech.english import (
    abbreviations,
    addresses,
    amounts,
    codes,
    dates_and_times,
    numbers,
    pronunciations,
    slang,
    symbols,
)

# Tried in order from most to least specific; the first match wins.
_RULES: tuple[Callable[[str], str | None], ...] = (
    abbreviations.fixed_reading,
    slang.chat_abbreviation,
    pronunciations.respelling,
    addresses.mail_address,
    addresses.handle,
    addresses.hashtag,
    dates_and_times.clock,
    dates_and_times.ratio,
    dates_and_times.date,
    codes.engine,
    codes.standard,
    codes.book_number,
    numbers.version,
    numbers.bare_number,
    numbers.ordinal_number,
    numbers.episode,
    numbers.fraction,
    dates_and_times.short_date,
    dates_and_times.decade,
    dates_and_times.duration,
    dates_and_times.name_range,
    amounts.body_height,
    amounts.video_resolution,
    amounts.amount,
    abbreviations.initials,
    addresses.web_address,
    addresses.address_ending,
    slang.stretched_word,
)
# "747-400" is no range.
_MODEL = re.compile(r"\d{3}-\d{3}")
_POSSESSIVE = re.compile(r"(.*\d[^']*)('s)")


def read_word(text: str) -> str:
    """The reading of a word without surrounding punctuation; "" for silent symbols only."""
    for rule in _RULES:
        if (spoken := rule(text)) is not None:
            return spoken
    if match := _POSSESSIVE.fullmatch(text):
        return read_word(match[1]) + match[2]
    return _range(text) or _size(text) or codes.code(text) or _compound(text) or symbols.spell(text)


def _range(text: str) -> str | None:
    """The reading of "10-15%", "$10-$20", "9am-5pm", "2020-2025"; None if it is no range."""
    low, _, high = text.partition("-")
    currency, low = amounts.split_price(low)
    currency_again, high = amounts.split_price(high)
    if _MODEL.fullmatch(text) and int(low) > int(high):
        return f"{codes.in_pairs(low)} {codes.in_pairs(high)}"
    if high.count("-") > 1 or not (_numeric(low) and _numeric(high)):
        return None
    return f"{read_word(low.rstrip('.'))} to {read_word((currency_again or currency) + high)}"


def _numeric(text: str) -> bool:
    return (
        text.lstrip("'")[:1].isdecimal() or text in ("noon", "midnight") or dates_and_times.day_period(text) is not None
    )


def _size(text: str) -> str | None:
    """The reading of "1080x1920" and "10'x12'"; None if it is no size."""
    match = re.fullmatch(r"(\d+)['\"]?[x×](\d+)(ft|in)?", text)
    if not match:
        return None
    unit = amounts.unit(match[3] or "", one=False) or ""
    return f"{read_word(match[1])} by {read_word(match[2])} {unit}".strip()


def _plural_digit(text: str) -> str | None:
    """The reading of "3s" in "omega-3s", where it is no length of time; None for anything else."""
    if not re.fullmatch(r"\ds", text):
        return None
    return f"{numbers.cardinal(int(text[0]))}{'es' if text[0] == '6' else 's'}"


def _compound(text: str) -> str | None:
    """The reading of "10-minute", "mid-2026", "he/she", "posts/week", part by part; None if it has one part.

    "Wi-Fi" has one: hyphens between letters are left to the engine.
    """
    parts = text.split("-" if "-" in text and re.search(r"\d", text) else "/")
    if len(parts) == 1:
        return None
    if parts[-1] in amounts.PERIODS and parts[0] not in amounts.PERIODS and "-" not in text:
        parts.insert(-1, "per")
    readings = (
        (before.isalpha() and _plural_digit(part))
        or (before[-1:].isdecimal() and amounts.detached_unit(part, one=True))
        or read_word(part)
        for before, part in pairwise(["", *parts])
        if part
    )
    return " ".join(filter(None, readings))
