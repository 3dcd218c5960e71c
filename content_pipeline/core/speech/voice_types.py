"""The shapes that voices share: who speaks, what was chosen, and what comes back for a piece of a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech.text_normalization import Token

Samples = NDArray[np.float32]
Provider = Literal["hibari", "espeak", "endpoint"]
Gender = Literal["female", "male"]
# Seconds from and to.
Span = tuple[float, float]

# Language of a voice that speaks whatever it is given.
MULTILINGUAL = "mul"

# Sound below this share of a piece's loudest moment (-46 dB) is silence; f and s begin about so softly.
_SILENCE_THRESHOLD = 0.005
# Kept on both sides of what is heard, so that no soft beginning or fading end is cut.
_MARGIN_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice. `language` is a BCP 47 tag, "mul" for an endpoint's voice that speaks many."""

    id: str
    name: str
    language: str
    gender: Gender | None
    provider: Provider


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """The voice that is going to speak, and the language of the script (ISO 639)."""

    voice: Voice
    language: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """A piece of a script as it was spoken: mono samples from -1 to 1, and one word for each of its tokens."""

    samples: Samples
    rate: int
    words: tuple[Word, ...]

    def trimmed(self) -> "Utterance":
        """Without the silence before and after."""
        loud = np.flatnonzero(np.abs(self.samples) > _SILENCE_THRESHOLD * np.max(np.abs(self.samples), initial=0.0))
        if not len(loud):
            return self
        margin = int(_MARGIN_SECONDS * self.rate)
        first, last = max(0, int(loud[0]) - margin), int(loud[-1]) + margin
        return Utterance(self.samples[first:last], self.rate, shift_words(self.words, -first / self.rate))


def shift_words(words: Sequence[Word], seconds: float) -> tuple[Word, ...]:
    """The words, later by so many seconds."""
    return tuple(Word(word.start + seconds, word.end + seconds, word.text, word.spaced) for word in words)


def spoken_text(tokens: Sequence[Token]) -> str:
    """What is to be said for some tokens, as one line."""
    return "".join(f" {token.spoken}" if token.spaced else token.spoken for token in tokens).strip()


def words_from_spans(tokens: Sequence[Token], spans: Sequence[Span | None]) -> tuple[Word, ...]:
    """One word for each token. One without a span was run together with the one before: they share it by length."""
    known = [index for index, span in enumerate(spans) if span] or [0]
    words: list[Word] = []
    for index, (first, stop) in zip(known, pairwise([0, *known[1:], len(tokens)]), strict=True):
        start, end = spans[index] or (0.0, 0.0)
        group = tokens[first:stop]
        lengths = np.cumsum([0, *(len(token.spoken) for token in group)])
        edges = (start + (end - start) * lengths / lengths[-1]).tolist()
        words += [Word(*edge, token.text, token.spaced) for token, edge in zip(group, pairwise(edges), strict=True)]
    return tuple(words)
