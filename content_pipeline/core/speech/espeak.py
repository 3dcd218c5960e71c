"""TTS engine espeak-ng: about eighty languages, formant synthesis, where its GPL-3 library is installed (not shipped).

The library reports the sample at which each word and each pause starts.
"""

import re
from bisect import bisect
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.media.timed_words import Span
from content_pipeline.core.speech.espeak_ctypes import ListedVoice, SynthesisEvent, library
from content_pipeline.core.speech.languages import is_known_language
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.voice_types import Utterance, Voice, VoiceChoice, spoken_text, words_from_spans

PREFIX = "espeak-"

# In Japanese it cannot read kanji and says "Chinese letter" for each.
_UNSUPPORTED = {"ja"}
_LANGUAGE_ALIASES = {"cmn": "zh"}
_LOWEST_RANK = 99
# A language with an optional country or region; longer tags are dialects or other orthographies.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-([a-z]{2}|[0-9]{3}))?")
# Two-letter suffixes that are no country: Catalan dialects, an older Russian.
_DIALECTS = {"ca-ba", "ca-nw", "ca-va", "ru-cl"}


def voices() -> tuple[Voice, ...]:
    """One voice per language and country; empty where the library is not installed."""
    return tuple(voice for voice, _ in _voice_table().values())


def speak(tokens: Sequence[Token], choice: VoiceChoice) -> Utterance:
    """Synthesize a sentence, with the word timings that the library reports. Raises Unavailable `voice_missing`."""
    engine = library()
    if engine is None or choice.voice.id not in _voice_table():
        raise Unavailable(
            f"The voice {choice.voice.id} is not on this machine.",
            code="voice_missing",
            remedy="Install the extra `espeak` of content-pipeline, or the system's package espeak-ng.",
            retryable=False,
        )
    _, identifier = _voice_table()[choice.voice.id]
    sound, events = engine.say(spoken_text(tokens), identifier, choice.speed)
    samples = np.divide(np.frombuffer(sound, np.int16), 32768, dtype=np.float32)
    return Utterance(samples, engine.rate, words_from_spans(tokens, _spans(tokens, events, engine.rate)))


def _spans(tokens: Sequence[Token], events: Sequence[SynthesisEvent], rate: int) -> list[Span | None]:
    """From the first to the last phoneme of each token; None for merged words: the library says "of the" as one."""
    text_positions = [len(spoken_text(tokens[: index + 1])) - len(token.spoken) for index, token in enumerate(tokens)]
    spans: list[Span | None] = [None] * len(tokens)
    current = 0
    for event, following in pairwise(events):
        if event.text_position is not None:
            current = max(current, bisect(text_positions, event.text_position) - 1)
        elif not event.phoneme.startswith("_"):  # those are pauses
            start, _ = spans[current] or (event.sample / rate, 0.0)
            spans[current] = start, following.sample / rate
    return spans


@cache
def _voice_table() -> dict[str, tuple[Voice, str]]:
    """Voices by id, each with the library's identifier; the primary voice of a language first."""
    engine = library()
    found: dict[str, tuple[Voice, str]] = {}
    for listed in sorted(engine.voices() if engine else (), key=_rank):
        if tag := _language_tag(next(iter(listed.languages))):
            voice = Voice(PREFIX + tag, listed.name, tag, gender="male", provider="espeak")  # all of them are
            found.setdefault(voice.id, (voice, listed.identifier))
    return found


def _rank(listed: ListedVoice) -> tuple[str, int]:
    base = next(iter(listed.languages)).partition("-")[0]
    return base, listed.languages.get(base, _LOWEST_RANK)


def _language_tag(language: str) -> str | None:
    """BCP 47 tag of an espeak language; None for dialects, other orthographies and constructed languages."""
    base, _, country = language.partition("-")
    if not _LANGUAGE.fullmatch(language) or language in _DIALECTS | _UNSUPPORTED or not is_known_language(base):
        return None
    base = _LANGUAGE_ALIASES.get(base, base)
    return f"{base}-{country.upper()}" if country else base
