"""Text normalization of ambiguous number suffixes by context: "5m views", "a 30s ad", "my 30s"."""

import re

from content_pipeline.core.speech.english.dates_and_times import decade
from content_pipeline.core.speech.english.numbers import NUMBER, cardinal, number

# Nouns counted in millions, not measured in meters.
_AUDIENCE = {
    "views", "viewers", "followers", "fans", "likes", "subscribers", "subs", "streams", "downloads", "plays",
    "users", "people", "impressions", "comments", "shares", "saves", "reach", "visitors", "customers", "members",
    "dollars", "euros", "pounds", "bucks",
}  # fmt: skip
_SCALES = {"k": "thousand", "m": "million", "b": "billion"}
# Nouns before which "K" is read as a letter: "a 4K video", "my first 5k run".
_READ_AS_K = {
    "video", "videos", "camera", "cameras", "footage", "monitor", "tv", "quality", "resolution", "screen",
    "display", "run", "runs", "race", "walk",
}  # fmt: skip
_PICTURES = {"4k", "8k"}

# Nouns that "30s" in seconds precedes ...
_AFTER_SECONDS = {
    "ad", "ads", "clip", "clips", "video", "videos", "reel", "reels", "short", "shorts", "spot", "hook", "intro",
    "outro", "trailer", "teaser", "countdown", "timer", "break", "rest", "plank", "sprint", "challenge", "limit",
    "mark", "rule", "each", "off", "later",
}  # fmt: skip
# ... nouns that a decade precedes, words before a decade, and words before seconds.
_AFTER_DECADES = {
    "music", "fashion", "style", "vibe", "vibes", "kid", "kids", "nostalgia", "movie", "movies", "hits", "rock",
    "pop", "aesthetic",
}  # fmt: skip
_BEFORE_DECADES = {"the", "my", "your", "his", "her", "our", "their", "early", "mid", "late", "and", "or"}
_BEFORE_SECONDS = {
    "a", "in", "for", "under", "within", "every", "just", "only", "about", "first", "last", "next", "least",
    "after", "of",
}  # fmt: skip
_USUAL_DECADES = range(70, 100, 10)

_COUNT = re.compile(rf"({NUMBER})([kmb])(\+?)", re.IGNORECASE)
_BARE_DECADE = re.compile(r"([2-9]0)s")
_PLURAL_NUMBERS = {"10s": "tens", "100s": "hundreds", "1000s": "thousands", "1,000s": "thousands"}


def read_number_suffix(before: str, text: str, after: str) -> str | None:
    """The reading of a number with a suffix, given the adjacent words in lower case ("" for none).

    None where they change nothing.
    """
    return (
        _count(text, after)
        or _literal_k(before, text, after)
        or _decade(before, text, after)
        or _minutes(before, text, after)
        or _plural_number(text, after)
    )


def _count(text: str, after: str) -> str | None:
    """The reading of "5m" before "views": "five million". None where the letter is a unit, or none."""
    match = _COUNT.fullmatch(text)
    if not match or after not in _AUDIENCE:
        return None
    return f"{number(match[1])} {_SCALES[match[2].lower()]}{' plus' if match[3] else ''}"


def _literal_k(before: str, text: str, after: str) -> str | None:
    """The reading of "4k" in "in 4k" and of "5K" in "a 5K run": the letter itself. None where it is a thousand."""
    if re.fullmatch(r"\d{1,2}k", text.lower()) and (
        after in _READ_AS_K or (before == "in" and text.lower() in _PICTURES)
    ):
        return f"{cardinal(int(text[:-1]))} K"
    return None


def _decade(before: str, text: str, after: str) -> str | None:
    """The reading of "30s" in "my 30s": "thirties". None where it is seconds."""
    match = _BARE_DECADE.fullmatch(text)
    if not match or after in _AFTER_SECONDS:
        return None
    usual = int(match[1]) in _USUAL_DECADES and before not in _BEFORE_SECONDS
    return decade(f"'{text}") if before in _BEFORE_DECADES or after in _AFTER_DECADES or usual else None


def _minutes(before: str, text: str, after: str) -> str | None:
    """The reading of "30m" in "1h 30m" and "30m 10s": "thirty minutes". None where it is meters."""
    if re.fullmatch(r"\d{1,2}m", text) and (re.fullmatch(r"\d+h", before) or re.fullmatch(r"\d+s", after)):
        return f"{cardinal(int(text[:-1]))} {'minute' if text == '1m' else 'minutes'}"
    return None


def _plural_number(text: str, after: str) -> str | None:
    """The reading of "100s" before "of": "hundreds". None for anything else."""
    return _PLURAL_NUMBERS.get(text) if after == "of" else None
