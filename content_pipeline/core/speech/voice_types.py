"""Data types shared by TTS engines (voice, choice, utterance), and word-timing helpers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.media.pace import DEFAULT_PAUSE, DEFAULT_SPEED
from content_pipeline.core.media.timed_phonemes import Phoneme, shift_phonemes
from content_pipeline.core.media.timed_words import Span, Word
from content_pipeline.core.speech.text_normalization import Token

Samples = NDArray[np.float32]
Provider = Literal["hibari", "vits", "kokoro", "pico", "espeak", "endpoint"]
Gender = Literal["female", "male"]

# ISO 639-2 code of a multilingual voice.
MULTILINGUAL = "mul"

# Silence is below this share of the peak (-46 dB), about the level at which f and s start.
_SILENCE_THRESHOLD = 0.005
# Margin kept on both sides when trimming, so that soft onsets and fades are not cut.
_MARGIN_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice. `language` is a BCP 47 tag, "mul" for multilingual endpoint voices."""

    id: str
    name: str
    language: str
    gender: Gender | None
    provider: Provider


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """The chosen voice, the language of the script (ISO 639), and the pace.

    `speed` is a factor of the voice's own; `pause` is the silence after a sentence in seconds.
    """

    voice: Voice
    language: str
    speed: float = DEFAULT_SPEED
    pause: float = DEFAULT_PAUSE


@dataclass(frozen=True, slots=True)
class Utterance:
    """Synthesized speech: mono samples from -1 to 1, and one timed word per token.

    `phonemes` has no pauses, and is empty where the engine reports none.
    """

    samples: Samples
    rate: int
    words: tuple[Word, ...]
    phonemes: tuple[Phoneme, ...] = ()

    def trimmed(self) -> "Utterance":
        """Without leading and trailing silence."""
        loud = np.flatnonzero(np.abs(self.samples) > _SILENCE_THRESHOLD * np.max(np.abs(self.samples), initial=0.0))
        if not len(loud):
            return self
        margin = int(_MARGIN_SECONDS * self.rate)
        first, last = max(0, int(loud[0]) - margin), int(loud[-1]) + margin
        words, phonemes = self.timings_shifted(-first / self.rate)
        return Utterance(self.samples[first:last], self.rate, words, phonemes)

    def timings_shifted(self, seconds: float) -> tuple[tuple[Word, ...], tuple[Phoneme, ...]]:
        """Words and phonemes, later by `seconds`."""
        return shift_words(self.words, seconds), shift_phonemes(self.phonemes, seconds)


def shift_words(words: Sequence[Word], seconds: float) -> tuple[Word, ...]:
    """The words shifted by `seconds`."""
    return tuple(Word(word.start + seconds, word.end + seconds, word.text, word.spaced) for word in words)


def spoken_text(tokens: Sequence[Token]) -> str:
    """The spoken form of the tokens as one line."""
    return "".join(f" {token.spoken}" if token.spaced else token.spoken for token in tokens).strip()


def words_from_spans(tokens: Sequence[Token], spans: Sequence[Span | None]) -> tuple[Word, ...]:
    """One word per token. A token without a span was merged with the one before: they share its span by length."""
    known = [index for index, span in enumerate(spans) if span] or [0]
    words: list[Word] = []
    for index, (first, stop) in zip(known, pairwise([0, *known[1:], len(tokens)]), strict=True):
        start, end = spans[index] or (0.0, 0.0)
        group = tokens[first:stop]
        lengths = np.cumsum([0, *(len(token.spoken) for token in group)])
        edges = (start + (end - start) * lengths / lengths[-1]).tolist()
        words += [Word(*edge, token.text, token.spaced) for token, edge in zip(group, pairwise(edges), strict=True)]
    return tuple(words)
