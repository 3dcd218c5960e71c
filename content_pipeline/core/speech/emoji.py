"""Strips emoji, emoticons and other pictographs from text before synthesis."""

import re
import unicodedata

# Symbols of Unicode category So that are read aloud.
_SPOKEN_SYMBOLS = frozenset("°№℃℉")
# Keycap emoji; variation selectors and skin tone modifiers.
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\U0001f3fb-\U0001f3ff]")
_EMOTICON = re.compile(r"(?<!\S)(?:[:;=][-']?[()DPp\]|*3]+|[xX]D+|<3+|\^_?\^|¯\\_\(ツ\)_/¯)(?!\S)")


def strip_emoji(text: str) -> str:
    """The text with each pictograph replaced by a space."""
    text = _EMOTICON.sub(" ", _VARIATION_SELECTORS.sub("", _KEYCAP.sub(" ", text)))
    symbols = {c for c in set(text) if unicodedata.category(c) == "So"} - _SPOKEN_SYMBOLS
    return text.translate(dict.fromkeys(map(ord, symbols), " "))
