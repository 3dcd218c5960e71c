"""Text normalization of words that creators mask for filters: "sh*t" is bleeped, "k*ll" is said."""

import re

_BLEEPED = (
    "fuck", "shit", "bitch", "ass", "asshole", "damn", "dick", "hell", "crap", "cunt", "cock", "pussy", "piss", "slut",
    "whore", "bastard", "bullshit", "motherfucker",
)  # fmt: skip
# Of what is no swearing a listener would miss the sense.
_SAID = (
    "kill", "dead", "die", "death", "died", "suicide", "suicidal", "murder", "sex", "sexual", "sexy", "porn", "rape",
    "gun", "shoot", "drug", "cocaine", "nude", "naked", "abuse", "assault", "bomb", "blood", "cancer", "virus", "war",
)  # fmt: skip
_SUFFIXES = ("", "s", "es", "ed", "er", "ers", "in", "ing", "y", "ty")
_STARS_AT_END = re.compile(r"[^*]+\*{2,}")


def masked_word(text: str) -> str | None:
    """What to say for a word with stars in place of letters; None for any other text, as a product or a footnote."""
    at_end = text.endswith("*")
    if "*" not in text or (at_end and not _STARS_AT_END.fullmatch(text)):
        return None
    shape = re.compile(re.escape(text).replace(r"\*", "[a-z]"), re.IGNORECASE)
    for word in _BLEEPED:
        for suffix in _SUFFIXES:
            if shape.fullmatch(word + suffix):
                return f"bleep{suffix}" if suffix in ("s", "ed", "ing") else "bleep"
    if at_end:  # "d**" may be anything
        return None
    return next((word + suffix for word in _SAID for suffix in _SUFFIXES if shape.fullmatch(word + suffix)), None)
