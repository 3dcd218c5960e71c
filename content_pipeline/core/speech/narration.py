"""A script spoken: sentence by sentence, with the time of every word that is shown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from math import inf
from textwrap import wrap

import numpy as np

from content_pipeline.core.media.line_breaking import CLAUSE, SENTENCE, break_cost
from content_pipeline.core.media.timed_words import Word, normalize_timings
from content_pipeline.core.speech import espeak, hibari, text_normalization, tts_endpoint
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.voice_types import Provider, Samples, Utterance, Voice, VoiceChoice, shift_words

# A reel that begins with the first sound loses it to the players' fade-in, and one that ends with the last is cut hard.
_LEAD_SECONDS = 0.2
_TAIL_SECONDS = 0.4
# Instagram and LinkedIn take nothing shorter than 3 s.
_MIN_SECONDS = 3.1
# The silence after a sentence, and where a long one had to be parted. Voices pause by themselves within a piece.
_PAUSE_SECONDS = {SENTENCE: 0.4, CLAUSE: 0.2}
_MIN_PAUSE_SECONDS = 0.08


@dataclass(frozen=True, slots=True)
class Narration:
    """Mono samples from -1 to 1, and the words as they are shown, in order, in seconds from the first sample.

    `language` is the script's, `voice` the one that spoke.
    """

    samples: Samples
    rate: int
    words: tuple[Word, ...]
    voice: Voice
    language: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class _Engine:
    """How a provider speaks: sentence by sentence, or several together, up to so many characters at once."""

    speak: Callable[[Sequence[Token], VoiceChoice], Utterance]
    max_characters: int
    multiple_sentences: bool


_ENGINES: dict[Provider, _Engine] = {
    # hibari was trained on sentences of up to 400 phonemes, and takes memory by the square of their number.
    "hibari": _Engine(hibari.speak, max_characters=300, multiple_sentences=False),
    "espeak": _Engine(espeak.speak, max_characters=600, multiple_sentences=False),
    # A large voice hears what came before; a thousand characters are a minute, which is aligned in one go.
    "endpoint": _Engine(tts_endpoint.speak, max_characters=1000, multiple_sentences=True),
}


def narrate(script: str, choice: VoiceChoice) -> Narration:
    """Speak a script that `catalog.choose` chose a voice for: one word for each token that is shown.

    Raises Unavailable `voice_missing`, and as `speech_api.speak` and `alignment.align` do.
    """
    tokens = text_normalization.tokenize(script, choice.language)
    engine = _ENGINES[choice.voice.provider]
    parts = [part for token in tokens for part in _split_long_token(token, engine.max_characters)]
    sound: list[Samples] = []
    words: list[Word] = []
    pause, rate, length = _LEAD_SECONDS, 0, 0
    for chunk, following_pause in _chunks(parts, choice.language, engine):
        utterance = engine.speak(chunk, choice).trimmed()
        rate = utterance.rate
        silence = _silence(pause, rate)
        sound += [silence, utterance.samples]
        words += shift_words(utterance.words, (length + len(silence)) / rate)
        length += len(silence) + len(utterance.samples)
        pause = following_pause
    tail = max(_TAIL_SECONDS, _MIN_SECONDS - length / rate)
    samples = np.clip(np.concatenate([*sound, _silence(tail, rate)]), -1.0, 1.0)
    words = normalize_timings(_words_of_tokens(tokens, words, engine.max_characters), 0.0, len(samples) / rate)
    return Narration(samples, rate, tuple(words), choice.voice, choice.language)


def _split_long_token(token: Token, max_characters: int) -> list[Token]:
    """A token in parts that a voice can say at once: 2,500 digits in a row are 12,500 letters, and cost hibari 12 GB.

    None for one that is not spoken.
    """
    parts = wrap(token.spoken, max_characters)
    return [replace(token, spoken=part) for part in parts]


def _chunks(tokens: Sequence[Token], language: str, engine: _Engine) -> Iterator[tuple[Sequence[Token], float]]:
    """What is spoken at once, and the seconds of silence after it."""
    costs = [*(_break_cost(before, after, language) for before, after in pairwise(tokens)), SENTENCE]
    lengths = np.cumsum([len(token.spoken) + 1 for token in tokens])
    first, done = 0, 0
    while first < len(tokens):
        limit = max(first + 1, int(np.searchsorted(lengths, done + engine.max_characters, side="right")))
        cheapest = min(costs[first:limit])
        ends = [stop for stop in range(first + 1, limit + 1) if costs[stop - 1] == cheapest]
        stop = ends[0] if cheapest == SENTENCE and not engine.multiple_sentences else ends[-1]
        yield tokens[first:stop], _PAUSE_SECONDS.get(cheapest, _MIN_PAUSE_SECONDS)
        first, done = stop, int(lengths[stop - 1])


def _break_cost(before: Token, after: Token, language: str) -> float:
    """What a break between two tokens costs. A full stop ends a sentence also where nobody writes in capitals."""
    following = after.spoken[0].upper() + after.spoken[1:]
    return break_cost(Word(0, 0, before.spoken), Word(0, 0, following), language)


def _silence(seconds: float, rate: int) -> Samples:
    return np.zeros(round(seconds * rate), np.float32)


def _words_of_tokens(tokens: Sequence[Token], words: Sequence[Word], max_characters: int) -> list[Word]:
    """One word for each token: from its first breath to its last.

    What is only shown (an emoji, a dash) stands between the words, for the length of the pause there.
    """
    spoken = iter(words)
    found: list[Word] = []
    end = 0.0
    for token in tokens:
        parts = list(islice(spoken, len(_split_long_token(token, max_characters))))
        if parts:
            end = parts[-1].end
            found.append(replace(parts[0], end=end))
        else:
            found.append(Word(end, inf, token.text, token.spaced))
    return found
