"""Which characters a voice can say: those of the scripts of its language, and Latin letters.

An engine meets other letters with silence, or with "Chinese letter" for each.
"""

import re
import unicodedata
from functools import cache

from content_pipeline.core.providers.language_detection import scripts_of
from content_pipeline.core.speech.emoji import strip_emoji
from content_pipeline.core.speech.voice_types import Provider

_LATIN = frozenset({"LATIN"})
# Marks of several scripts: ʼ, 々.
_NEUTRAL = frozenset({"MODIFIER", "IDEOGRAPHIC"})
# English names single Greek letters ("2πr"), and says no words of them.
_GREEK = "GREEK"
_GREEK_WORD = re.compile("[\u0370-\u03ff]{2,}")
# Latin letters that the English voice does not know: those of phonetic alphabets and African languages.
_FIRST_UNKNOWN_LATIN = "\u0250"


def unspoken_character(text: str, language: str, provider: Provider) -> str | None:
    """The first character that voices of a provider cannot say in a language (ISO 639); None if they can say all.

    Endpoints speak every language. Of other characters than letters every voice says what it knows.
    """
    if provider == "endpoint" or text.isascii() or not _foreign(text, language):
        return None
    # Emoticons have letters that are not said: ¯\\_(ツ)_/¯.
    found = _foreign(strip_emoji(text), language)
    return min(found, key=text.index) if found else None


def _foreign(text: str, language: str) -> set[str]:
    allowed = scripts_of(language) | _LATIN | _NEUTRAL
    letters = {character for character in set(text) if not character.isascii() and character.isalpha()}
    foreign = {letter for letter in letters if not _is_spoken(letter, allowed)}
    if language == "en" and not _GREEK_WORD.search(text):
        foreign = {letter for letter in foreign if _script(letter) != _GREEK}
    return foreign


def _is_spoken(letter: str, allowed: frozenset[str]) -> bool:
    script = _script(letter)
    if allowed == _LATIN | _NEUTRAL and script == "LATIN":
        return unicodedata.normalize("NFKD", letter)[0] < _FIRST_UNKNOWN_LATIN
    return script in allowed


@cache
def _script(letter: str) -> str:
    """The first word of the letter's Unicode name, which is its script: that of "a" for a bold one or a wide one."""
    plain = unicodedata.normalize("NFKC", letter)[0]
    return unicodedata.name(plain, "").replace("-", " ").partition(" ")[0]
