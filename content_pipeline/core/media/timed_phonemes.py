"""Data type of timed phonemes, and phonemes guessed from the spelling of timed words, for voices that report none."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from content_pipeline.core.media.timed_words import Word

_VOWELS = {"A": "ɑ", "E": "ɛ", "I": "i", "O": "ɔ", "U": "u", "Y": "i"}
_CONSONANTS = {"C": "k", "G": "ɡ", "J": "ʤ", "Q": "k", "R": "ɹ", "X": "k"}
# Two letters, one sound, in most languages that are written with Latin letters.
_DIGRAPHS = {"SH": "ʃ", "CH": "ʧ", "TH": "θ", "PH": "f", "EE": "i", "OO": "u", "OU": "u"}
# Vowels last about this many times as long as consonants.
_VOWEL_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One phoneme: seconds from the start of the recording, an IPA symbol, whether its syllable is stressed.

    As in the alphabet of the voices hibari and Kokoro, A, I, O, Q, W and Y are the diphthongs eɪ, aɪ, oʊ, əʊ, aʊ, ɔɪ.
    """

    start: float
    end: float
    symbol: str
    stressed: bool = False


def shift_phonemes(phonemes: Iterable[Phoneme], seconds: float) -> tuple[Phoneme, ...]:
    """The phonemes shifted by `seconds`."""
    return tuple(replace(one, start=one.start + seconds, end=one.end + seconds) for one in phonemes)


def phonemes_from_spelling(words: Sequence[Word]) -> tuple[Phoneme, ...]:
    """Phonemes spread over the time of each word by its letters: the first vowel is stressed.

    Letters of other scripts and digits count by their Unicode names ("HIRAGANA LETTER KA" is ka, "DIGIT TWO" is two);
    without one, as an open vowel.
    """
    return tuple(phoneme for word in words for phoneme in _spread(word))


def _spread(word: Word) -> Iterator[Phoneme]:
    symbols = list(_symbols("".join(map(_latin_letters, word.text))))
    weights = [_VOWEL_WEIGHT if symbol in _VOWELS.values() else 1.0 for symbol in symbols]
    at, stressed = word.start, False
    for symbol, weight in zip(symbols, weights, strict=True):
        end = at + (word.end - word.start) * weight / sum(weights)
        is_first_vowel = weight == _VOWEL_WEIGHT and not stressed
        stressed |= is_first_vowel
        yield Phoneme(at, end, symbol, is_first_vowel)
        at = end


def _latin_letters(character: str) -> str:
    if not character.isalnum():
        return ""
    *_, last = unicodedata.name(character, "A").partition(" WITH ")[0].split()
    return last if last.isascii() and last.isalpha() else "A"


def _symbols(letters: str) -> Iterator[str]:
    at = 0
    while at < len(letters):
        pair = letters[at : at + 2]
        if pair in _DIGRAPHS:
            yield _DIGRAPHS[pair]
            at += 2
            continue
        yield _VOWELS.get(letters[at]) or _CONSONANTS.get(letters[at], letters[at].lower())
        at += 1
