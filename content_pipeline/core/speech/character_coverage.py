"""Which characters a voice can say: those of the scripts of its language, Latin letters, and signs that have a reading.

An engine meets other letters with silence, or with "Chinese letter" for each, and other signs with silence: an amount
would lose its currency.
"""

import re
import unicodedata
from functools import cache

from content_pipeline.core.speech import japanese_phonemes, japanese_signs
from content_pipeline.core.speech.emoji import SQUARED_WORDS, strip_emoji
from content_pipeline.core.speech.english import word_parts
from content_pipeline.core.speech.language_detection import scripts_of
from content_pipeline.core.speech.languages import base_language
from content_pipeline.core.speech.voice_types import Provider

_LATIN = frozenset({"LATIN"})
# Marks of several scripts: ʼ, 々.
_NEUTRAL = frozenset({"MODIFIER", "IDEOGRAPHIC"})
# English names single Greek letters ("2πr"), and says no words of them.
_GREEK = "GREEK"
_GREEK_WORD = re.compile("[\u0370-\u03ff]{2,}")
# Latin letters that the English voice does not know: those of phonetic alphabets and African languages.
_FIRST_UNKNOWN_LATIN = "\u0250"

# What knows the signs that are read.
_READERS = {"en": word_parts.has_reading, "ja": japanese_signs.has_reading}
# Category Sm has signs that nobody says: arrows, triangles, and what stands for bullets, stars and dots.
_DECORATIONS = frozenset("⋅∙∘⋆⋄∗⋯⋮⋰⋱⦁⧫∎⎯⫷⫸⋘⋙⊹⟡⊱⊰⩊⦿∿∷⧉")
_SHAPES = re.compile(r"ARROW|HARPOON|TRIANGLE|SQUARE\b|CIRCLE\b")


def unspoken_character(text: str, language: str, provider: Provider) -> str | None:
    """The first character that voices of a provider cannot say in a language (ISO 639); None if they can say all.

    Endpoints speak every language. Of currency and mathematical signs those are found that English or Japanese has no
    reading for; of other signs, and in other languages, every voice says what it knows.
    """
    if provider == "endpoint" or text.isascii() or not _unspoken(text, language, provider):
        return None
    # Emoticons have letters that are not said: ¯\\_(ツ)_/¯.
    found = _unspoken(strip_emoji(text), language, provider)
    return min(found, key=text.index) if found else None


def is_in_letters_of(language: str, text: str) -> bool:
    """Whether a text has no letter, and no sign, that readers of a language (a tag) do not know."""
    return text.isascii() or not _foreign(text, base_language(language))


def _unspoken(text: str, language: str, provider: Provider) -> set[str]:
    foreign = _foreign(text, language)
    if provider == "kokoro":
        foreign |= {letter for letter in set(text) if not japanese_phonemes.has_reading(letter)}
    return foreign


def _foreign(text: str, language: str) -> set[str]:
    allowed = scripts_of(language) | _LATIN | _NEUTRAL
    letters = {c for c in set(text) if not c.isascii() and (_is_letter(c) or c in SQUARED_WORDS)}
    foreign = {letter for letter in letters if not _is_spoken(letter, allowed)}
    if language == "en" and not _GREEK_WORD.search(text):
        foreign = {letter for letter in foreign if _script(letter) != _GREEK}
    if has_reading := _READERS.get(language):
        foreign |= {sign for sign in set(text) if _is_sign(sign) and not has_reading(sign) and _is_meant(sign, text)}
    return foreign


def _is_letter(character: str) -> bool:
    """Not of the half-width voicing marks, which Unicode counts as letters: ｶﾞ is one letter, and ﾟ･:* a decoration."""
    return character.isalpha() and not unicodedata.combining(_plain(character))


def _is_sign(character: str) -> bool:
    """Whether it is a currency or mathematical sign that means something."""
    return (
        not character.isascii()
        and unicodedata.category(character) in ("Sc", "Sm")
        and character not in _DECORATIONS
        and not _SHAPES.search(unicodedata.name(character, ""))
    )


def _is_meant(sign: str, text: str) -> bool:
    """Whether a sign is more than a decoration: a currency, or beside a letter or digit, or between two operands.

    The ears of ≽^•⩊•^≼ are not.
    """
    if unicodedata.category(sign) == "Sc":
        return True
    letter = r"[^\W_]"
    between = rf"(?:{letter}|[)\]]) *{sign} *(?:{letter}|[(\[])"
    return bool(re.search(rf"(?<={letter}){sign}|{sign}(?={letter})|{between}", text))


def _is_spoken(letter: str, allowed: frozenset[str]) -> bool:
    script = _script(letter)
    if allowed == _LATIN | _NEUTRAL and script == "LATIN":
        return unicodedata.normalize("NFKD", letter)[0] < _FIRST_UNKNOWN_LATIN
    return script in allowed


@cache
def _script(letter: str) -> str:
    """The first word of the letter's Unicode name, which is its script: that of "a" for a bold one or a wide one."""
    return unicodedata.name(_plain(letter), "").replace("-", " ").partition(" ")[0]


def _plain(letter: str) -> str:
    return unicodedata.normalize("NFKC", letter)[0]
