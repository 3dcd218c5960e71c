"""Narration: synthesizes a script chunk by chunk and returns its audio with word timings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from math import inf
from textwrap import wrap

import numpy as np

from content_pipeline.core.media.glossary import GlossaryEntry
from content_pipeline.core.media.line_breaking import CLAUSE, SENTENCE, break_costs
from content_pipeline.core.media.list_numbers import find_list_numbers
from content_pipeline.core.media.pace import DEFAULT_PAUSE
from content_pipeline.core.media.timed_phonemes import Phoneme, phonemes_from_spelling
from content_pipeline.core.media.timed_words import Word, normalize_timings
from content_pipeline.core.speech import (
    espeak,
    forced_alignment,
    hibari,
    kokoro,
    pico,
    text_normalization,
    tts_endpoint,
    vits,
)
from content_pipeline.core.speech.character_coverage import is_in_letters_of, unspoken_character
from content_pipeline.core.speech.term_pronunciation import pronounce
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.voice_types import (
    Provider,
    Samples,
    Utterance,
    Voice,
    VoiceChoice,
)

# Lead-in: players fade in and would swallow the first sound. Tail: the last sound would be cut hard.
_LEAD_SECONDS = 0.2
_TAIL_SECONDS = 0.4
# Instagram and LinkedIn require at least 3 s.
_MIN_SECONDS = 3.1
# Silence where a long clause was split between two words.
_WORD_PAUSE_SECONDS = 0.08


@dataclass(frozen=True, slots=True)
class Narration:
    """Mono samples from -1 to 1, the displayed words and the spoken phonemes, in seconds from the first sample.

    `language` is the script's. Voices that report no phonemes get them from the spelling.
    """

    samples: Samples
    rate: int
    words: tuple[Word, ...]
    voice: Voice
    language: str
    phonemes: tuple[Phoneme, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class _Engine:
    """How to call an engine: one or multiple sentences per call, and the character limit of a call."""

    speak: Callable[[Sequence[Token], VoiceChoice], Utterance]
    max_characters: int
    multiple_sentences: bool


ENGINES: dict[Provider, _Engine] = {
    # hibari was trained on up to 400 phonemes a sentence; its memory grows with the square of their number.
    "hibari": _Engine(hibari.speak, max_characters=300, multiple_sentences=False),
    # Its memory grows with the length, and its noise is cut from a tensor of 95 s.
    "vits": _Engine(vits.speak, max_characters=200, multiple_sentences=False),
    # 40 letters W are 326 symbols, 23 s, and take 0.6 GB; the model takes 510 symbols.
    "kokoro": _Engine(kokoro.speak, max_characters=40, multiple_sentences=False),
    # Aligned like endpoints.
    "pico": _Engine(pico.speak, max_characters=1000, multiple_sentences=True),
    "espeak": _Engine(espeak.speak, max_characters=600, multiple_sentences=False),
    # Large models use the context of earlier sentences; 1,000 characters are a minute, short enough to align at once.
    "endpoint": _Engine(tts_endpoint.speak, max_characters=1000, multiple_sentences=True),
}


def narrate(script: str, choice: VoiceChoice, glossary: Sequence[GlossaryEntry] = ()) -> Narration:
    """Synthesize a script with the voice from `voice_selection.choose_voice`: one timed word per displayed token.

    Terms of the glossary are displayed as written, and said as it says if the voice knows the letters of that.

    Raises Unavailable `voice_missing`, and as `tts_endpoint.speak` and `forced_alignment.align` do.
    """
    tokens = pronounce(text_normalization.tokenize(script, choice.language), list(_sayable(glossary, choice)))
    engine = ENGINES[choice.voice.provider]
    parts = [_split_long_token(token, engine.max_characters) for token in tokens]
    sound: list[Samples] = []
    words: list[Word] = []
    phonemes: list[Phoneme] = []
    pause, rate, length = _LEAD_SECONDS, 0, 0
    for chunk, following_pause in split_into_chunks(list(chain.from_iterable(parts)), choice, engine):
        utterance = engine.speak(chunk, choice).trimmed()
        rate = utterance.rate
        silence = _silence(pause, rate)
        sound += [silence, utterance.samples]
        chunk_words, chunk_phonemes = utterance.timings_shifted((length + len(silence)) / rate)
        words += chunk_words
        phonemes += chunk_phonemes or phonemes_from_spelling(chunk_words)
        length += len(silence) + len(utterance.samples)
        pause = following_pause
    tail = max(_TAIL_SECONDS, _MIN_SECONDS - length / rate)
    samples = np.clip(np.concatenate([*sound, _silence(tail, rate)]), -1.0, 1.0)
    words = _words_of_tokens(tokens, [len(part) for part in parts], words)
    timed = normalize_timings(words, 0.0, len(samples) / rate)
    return Narration(samples, rate, tuple(timed), choice.voice, choice.language, tuple(phonemes))


def _sayable(glossary: Sequence[GlossaryEntry], choice: VoiceChoice) -> Iterator[GlossaryEntry]:
    for entry in glossary:
        if unspoken_character(entry.pronunciation or "", choice.language, choice.voice.provider) is None:
            yield entry


def align(
    script: str, language: str, samples: Samples, rate: int, glossary: Sequence[GlossaryEntry] = ()
) -> tuple[Word, ...]:
    """The words of a script that somebody else spoke, with their times in the recording: one per displayed token.

    Terms of the glossary were said as it says, in letters of the language. `samples` are mono from -1 to 1, a few
    minutes at most. Raises as `forced_alignment.align` does.
    """
    known = [entry for entry in glossary if is_in_letters_of(language, entry.pronunciation or "")]
    tokens = pronounce(text_normalization.tokenize(script, language), known)
    aligned = forced_alignment.align(samples, rate, [token for token in tokens if token.spoken], language)
    words = _words_of_tokens(tokens, [1 if token.spoken else 0 for token in tokens], aligned)
    return tuple(normalize_timings(words, 0.0, len(samples) / rate))


def _split_long_token(token: Token, max_characters: int) -> list[Token]:
    """Split a token that exceeds an engine's limit: 2,500 digits in a row are 12,500 letters, and cost hibari 12 GB.

    Empty for a token that is not spoken.
    """
    parts = wrap(token.spoken, max_characters)
    return [replace(token, spoken=part) for part in parts]


def split_into_chunks(
    tokens: Sequence[Token], choice: VoiceChoice, engine: _Engine
) -> Iterator[tuple[Sequence[Token], float]]:
    """The chunks to synthesize, each with the seconds of silence after it. Within a chunk the voice pauses by itself.

    A pause that is not the usual one is kept after each sentence, so each is a chunk.
    """
    costs = [*break_costs(list(_as_spoken(tokens)), choice.language), SENTENCE]
    multiple_sentences = engine.multiple_sentences and choice.pause == DEFAULT_PAUSE
    pauses = {SENTENCE: choice.pause, CLAUSE: choice.pause / 2}
    lengths = np.cumsum([len(token.spoken) + 1 for token in tokens])
    first, done = 0, 0
    while first < len(tokens):
        limit = max(first + 1, int(np.searchsorted(lengths, done + engine.max_characters, side="right")))
        cheapest = min(costs[first:limit])
        ends = [stop for stop in range(first + 1, limit + 1) if costs[stop - 1] == cheapest]
        stop = ends[0] if cheapest == SENTENCE and not multiple_sentences else ends[-1]
        yield tokens[first:stop], pauses.get(cheapest, min(_WORD_PAUSE_SECONDS, choice.pause / 2))
        first, done = stop, int(lengths[stop - 1])


def _as_spoken(tokens: Sequence[Token]) -> Iterator[Word]:
    """The tokens as words that line breaking judges: a period ends a sentence even before a lower-case letter, and the
    number of a list is known by its digits."""
    numbers = find_list_numbers([token.text for token in tokens])
    for index, token in enumerate(tokens):
        text = token.text if index in numbers else token.spoken[0].upper() + token.spoken[1:]
        yield Word(0, 0, text)


def _silence(seconds: float, rate: int) -> Samples:
    return np.zeros(round(seconds * rate), np.float32)


def _words_of_tokens(tokens: Sequence[Token], counts: Sequence[int], words: Sequence[Word]) -> list[Word]:
    """One word per token, from the first of the `words` that it was spoken as to the last; `counts` says how many.

    Tokens that are not spoken (an emoji, a dash) fill the pause between their neighbors.
    """
    spoken = iter(words)
    found: list[Word] = []
    end = 0.0
    for token, count in zip(tokens, counts, strict=True):
        parts = list(islice(spoken, count))
        if parts:
            end = parts[-1].end
            found.append(replace(parts[0], end=end))
        else:
            found.append(Word(end, inf, token.text, token.spaced))
    return found
