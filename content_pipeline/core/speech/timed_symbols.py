"""Phoneme timings: words and phonemes from the symbols of an alphabet."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from content_pipeline.core.media.timed_phonemes import Phoneme
from content_pipeline.core.media.timed_words import Span, Word
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.voice_types import words_from_spans

# Without final punctuation the voices cut off the last sound.
FINAL_PUNCTUATION = (".", "?", "!", ",", ";", ":")
SILENT_PHONEMES = frozenset(';:,.!?—…"“”() ')

# They change the phoneme before: length, nasal, aspirated, palatalized, rounded, intonation.
_MODIFIERS = frozenset("ː\u0303ʰʲᵝ↓→↗↘")
_PRIMARY_STRESS = "ˈ"
STRESS_MARKS = frozenset((_PRIMARY_STRESS, "ˌ"))


class Symbol(NamedTuple):
    """A symbol of the alphabet, and the index of the token that it is spoken for."""

    text: str
    token: int | None


def timings(
    tokens: Sequence[Token], symbols: Sequence[Symbol], spans: Sequence[Span]
) -> tuple[tuple[Word, ...], tuple[Phoneme, ...]]:
    """One word per token, and the phonemes, from the span of each symbol."""
    spoken: list[Span | None] = [None] * len(tokens)
    for symbol, (start, end) in zip(symbols, spans, strict=True):
        if symbol.token is not None:
            first, _ = spoken[symbol.token] or (start, end)
            spoken[symbol.token] = first, end
    return words_from_spans(tokens, spoken), tuple(_phonemes(symbols, spans))


def _phonemes(symbols: Sequence[Symbol], spans: Sequence[Span]) -> Iterator[Phoneme]:
    """The phonemes; a stress mark has a time of its own, which belongs to the vowel that follows."""
    stress: tuple[str, float] | None = None
    for (text, _), (start, end) in zip(symbols, spans, strict=True):
        if text in STRESS_MARKS:
            stress = text, start
            continue
        if text not in SILENT_PHONEMES | _MODIFIERS:
            mark, begin = stress or (text, start)
            yield Phoneme(begin, end, text, stressed=mark == _PRIMARY_STRESS)
        stress = None
