"""Strips emoji, emoticons and other pictographs from text before synthesis."""

import re
import unicodedata

from content_pipeline.core.media.emoji_sequences import split_emoji

# Symbols; and characters that are not assigned, which are newer emoji.
_PICTOGRAPHS = ("So", "Cn")
# Words and units in one character: ㌔, ㍻, ㎏, ㎡.
SQUARED_WORDS = frozenset(map(chr, (*range(0x3300, 0x3358), *range(0x3371, 0x33E0))))
# Symbols of Unicode category So that are read aloud.
_SPOKEN_SYMBOLS = frozenset("°№℃℉") | SQUARED_WORDS
# Emoji that end a sentence like the marks they show.
_SPOKEN_EMOJI = ("‼", "⁉")
# Variation selectors and skin tone modifiers.
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\U0001f3fb-\U0001f3ff]")
_EMOTICON = re.compile(r"(?<!\S)(?:[:;=][-']?[()DPp\]|*3]+|[xX]D+|<3+|\^_?\^|¯\\_\(ツ\)_/¯)(?!\S)")
# Faces of two signs and more, with hands or without: (≧ω≦), ( ´∀｀), ⊂(・∀・)⊃. ASCII alone, amounts and a single sign
# are text: (+/-), (€€), (25°), (±).
_FACE_SIGN = r"(?:[_ﾟ]|[^\w\s()（）€£¥₹₩%])"
_FACE_FILLING = "[ \u3000ωДд]"
_KAOMOJI = re.compile(
    rf"[⊂⊃∩]?[(（](?=[^()（）]*[^\x00-\x7f])(?=(?:{_FACE_FILLING}*{_FACE_SIGN}){{2}})"
    rf"(?:{_FACE_SIGN}|{_FACE_FILLING}){{2,10}}[)）][⊂⊃∩]?"
)


def strip_emoji(text: str) -> str:
    """The text with each pictograph replaced by a space."""
    parts = (" " if is_emoji and part[0] not in _SPOKEN_EMOJI else part for part, is_emoji in split_emoji(text))
    text = _KAOMOJI.sub(" ", _EMOTICON.sub(" ", _VARIATION_SELECTORS.sub("", "".join(parts))))
    symbols = {c for c in set(text) if unicodedata.category(c) in _PICTOGRAPHS} - _SPOKEN_SYMBOLS
    return text.translate(dict.fromkeys(map(ord, symbols), " "))


def close_faces(text: str) -> str:
    """The text without the blanks in its faces, which would make words of their parts: "( ´∀｀)"."""
    return _KAOMOJI.sub(lambda face: "".join(face[0].split()), text)
