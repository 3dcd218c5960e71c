"""Speech recognition: transcribes audio to timed words with Whisper (faster-whisper), locally."""

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.infrastructure.process_memory import dropped_when_idle
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, Samples, pcm_chunks
from content_pipeline.core.media.limits import MAX_SECONDS
from content_pipeline.core.media.onset_detection import snap_to_onsets
from content_pipeline.core.media.timed_words import Word, normalize_timings
from content_pipeline.core.settings import settings
from content_pipeline.core.speech.languages import base_language, is_known_language, whisper_language
from content_pipeline.core.speech.recognition import (
    chinese_script,
    code_switching,
    missed_speech,
    repetition_loops,
    spoken_language,
    voice_activity,
)
from content_pipeline.core.speech.recognition.chinese_script import Script
from content_pipeline.core.speech.recognition.code_switching import Stretch
from content_pipeline.core.speech.recognition.full_width_punctuation import full_width
from content_pipeline.core.speech.recognition.heard_punctuation import with_punctuation
from content_pipeline.core.speech.recognition.heard_terms import with_terms
from content_pipeline.core.speech.recognition.sentence_starts import after_their_pause
from content_pipeline.core.speech.recognition.spoken_language import SpokenLanguage
from content_pipeline.core.speech.recognition.whisper_models import ENGLISH, model_folder, unheard, untranslating

if TYPE_CHECKING:
    from faster_whisper.transcribe import Segment

    from content_pipeline.core.speech.recognition.whisper_vocabulary import WhisperWithVocabulary
else:
    Segment = WhisperWithVocabulary = Any

# Languages that Whisper splits into characters or syllables, because they are written without spaces.
_UNSPACED_LANGUAGES = {"zh", "yue", "ja", "th", "lo", "my"}

# Without an example the base model writes Chinese without punctuation, so that two sentences share a cue.
PUNCTUATED_EXAMPLES = {"zh": "你好，请坐。今天我们谈什么？"}

# The model may leave out a part of what it is to listen to again: of two sentences on television it wrote one.
_MAX_HEARINGS_OF_MISSED_SPEECH = 3

_load_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Transcript:
    """The timed words. `language` is Whisper's code, None without speech; `seconds` is the audio's duration.

    Chinese in a script that was asked for has its subtag in `language`: "zh-Hant". `language_probability` is how sure a
    detected language is, from 0 to 1; None where it was given.
    """

    language: str | None
    seconds: float
    words: tuple[Word, ...]
    language_probability: float | None = None


def load_model(threads: int) -> WhisperWithVocabulary:
    """The model of this process, loaded once (0.3 s, 90 MB) and shared by its threads.

    Raises Unavailable `model_missing`, `model_damaged`, `model_unusable`, `cache_unwritable`.
    """
    with _load_lock:
        return load_cached(settings().whisper_model, threads)


@dropped_when_idle
@lru_cache(maxsize=1)
def load_cached(model: str, threads: int) -> WhisperWithVocabulary:
    # The API imports this module too, and never needs the engine.
    from content_pipeline.core.speech.recognition.whisper_vocabulary import WhisperWithVocabulary

    place = model_folder(model)
    device, compute_type = settings().whisper_device, settings().whisper_compute_type
    try:
        return WhisperWithVocabulary(str(place), device=device, compute_type=compute_type, cpu_threads=threads)
    except (RuntimeError, ValueError) as error:
        raise Unavailable(
            f"The Whisper model in {place} does not load: {error}",
            code="model_unusable",
            remedy=f"Check that it is a CTranslate2 model, and that {device!r} with {compute_type!r} exists here.",
            retryable=False,
        ) from error


def transcribe(
    path: Path,
    *,
    language: str | None,
    threads: int,
    on_progress: Callable[[float], None],
    max_seconds: float = MAX_SECONDS,
    vocabulary: Sequence[str] = (),
    into_english: bool = False,
) -> Transcript:
    """Transcribe a recording, at most its first `max_seconds`, into timed words, in order.

    `into_english` translates as it listens; `language` of the transcript is then still the one that is spoken.

    `language` is a tag, or None or "auto" to detect it in the first five minutes with speech, and then also stretches
    in other languages, whose words say so; it also chooses among sound tracks. `vocabulary` has names and terms that
    may be spoken, the most important first; those that have no room are left out. `on_progress` gets the seconds done
    so far, about once a sentence. An interrupt takes effect between two windows of 30 s. To a model for English alone
    everything is English. Raises Invalid `unknown_language`, `language_unavailable` and `translation_unavailable`,
    MediaUnusable (`no_audio`, `media_unreadable`), and as `load_model` does.
    """
    given = whisper_language(language)
    model = load_model(threads)
    if into_english and not model.model.is_multilingual:
        raise untranslating()
    if given and not _knows(model, given):
        raise unheard(given)
    # Asked which language is spoken, a model for English alone raises an error.
    known = given if model.model.is_multilingual else ENGLISH
    script = chinese_script.demanded_script(language or "")
    hear = partial(_transcribe_stretches, model, script=script, vocabulary=vocabulary, into_english=into_english)
    identified: SpokenLanguage | None = None
    words: list[Word] = []
    start = 0.0
    for samples in pcm_chunks(path, seconds=max_seconds, language=given):
        if known is None and not words:
            identified = spoken_language.identify(model, samples)
        if known is not None:
            words += hear(samples, [Stretch(0, len(samples), known)], known, start, on_progress)
        elif identified is not None:
            parts = code_switching.stretches(model, samples, identified.code)
            words += hear(samples, parts, identified.code, start, on_progress)
        start += len(samples) / SAMPLE_RATE
        on_progress(start)
    if not words:
        return Transcript(None, start, ())
    code, probability = (identified.code, identified.probability) if identified else (known, None)
    if script and not into_english:
        code = f"{code}-{script.subtag}"
    return Transcript(code, start, tuple(words), probability)


def hears(language: str, threads: int) -> bool:
    """Whether the model knows a language, a tag. Raises as `load_model` does."""
    return is_known_language(language) and _knows(load_model(threads), base_language(language))


def _knows(model: WhisperWithVocabulary, language: str) -> bool:
    """Whether a model has a token for the language. The library drops one that there is not: base wrote "HiHiHi" of
    Cantonese."""
    if not model.model.is_multilingual:
        return language == ENGLISH
    return model.hf_tokenizer.token_to_id(f"<|{language}|>") is not None


def snap_words(words: Sequence[Word], path: Path, *, language: str | None, max_seconds: float) -> list[Word]:
    """Words of a recording, in order; the first one after each pause begins with its sound. Raises as `transcribe`."""
    snapped: list[Word] = []
    start = 0.0
    for samples in pcm_chunks(path, seconds=max_seconds, language=whisper_language(language)):
        end = start + len(samples) / SAMPLE_RATE
        inside = words[len(snapped) : bisect_left(words, end, key=attrgetter("start"))]
        snapped += _shifted(_snapped(_shifted(inside, -start), samples), start)
        start = end
    return [*snapped, *words[len(snapped) :]]


def _transcribe_stretches(
    model: WhisperWithVocabulary,
    samples: Samples,
    stretches: Sequence[Stretch],
    main: str,
    start: float,
    on_progress: Callable[[float], None],
    *,
    script: Script | None,
    vocabulary: Sequence[str],
    into_english: bool,
) -> list[Word]:
    """The words of the chunk that begins at `start` seconds. Those in another language than `main` say so.

    Chinese is in `script`, or in the usual one of its language.
    """
    words: list[Word] = []
    for stretch in stretches:
        heard = _transcribe_stretch(
            model,
            samples[stretch.start : stretch.end],
            stretch.language,
            start + stretch.start / SAMPLE_RATE,
            on_progress,
            vocabulary=vocabulary,
            into_english=into_english,
        )
        if into_english:
            words += heard
            continue
        heard = list(full_width(heard, stretch.language))
        if usual := chinese_script.USUAL.get(stretch.language):
            heard = list(chinese_script.convert(heard, script or usual))
        other = None if stretch.language == main else stretch.language
        words += [replace(word, language=other) for word in heard]
    return words


def _transcribe_stretch(
    model: WhisperWithVocabulary,
    samples: Samples,
    language: str,
    start: float,
    on_progress: Callable[[float], None],
    *,
    vocabulary: Sequence[str],
    into_english: bool,
) -> list[Word]:
    """The words of samples that begin at `start` seconds.

    With a vocabulary, and for punctuation where the model writes none, they are heard twice.
    """
    hear = partial(_hear, model, language=language, into_english=into_english)
    hotwords = model.hotwords(vocabulary)
    example = None if into_english else PUNCTUATED_EXAMPLES.get(language)
    passes, length = (2 if hotwords or example else 1), len(samples) / SAMPLE_RATE
    words = hear(samples, lambda seconds: on_progress(start + seconds / passes))
    words = _with_missed_speech(words, samples, lambda part: hear(part, lambda _: on_progress(start + length / passes)))
    if passes == 2:
        told = hear(
            samples, lambda seconds: on_progress(start + (length + seconds) / 2), hotwords=hotwords, example=example
        )
        words = with_terms(words, told, vocabulary) if hotwords else words
        words = with_punctuation(words, told) if example else words
    return _shifted(_snapped(words, samples), start)


def _with_missed_speech(words: list[Word], samples: Samples, hear: Callable[[Samples], list[Word]]) -> list[Word]:
    """The words, and those of speech that they leave out."""
    heard: set[tuple[int, int]] = set()
    for _ in range(_MAX_HEARINGS_OF_MISSED_SPEECH):
        missed = set(missed_speech.stretches(words, samples)) - heard
        for first, end in sorted(missed):
            words = sorted([*words, *_shifted(hear(samples[first:end]), first / SAMPLE_RATE)], key=attrgetter("start"))
        heard |= missed
    return words


def _hear(
    model: WhisperWithVocabulary,
    samples: Samples,
    on_progress: Callable[[float], None],
    *,
    language: str,
    into_english: bool,
    hotwords: str | None = None,
    example: str | None = None,
) -> list[Word]:
    """The words of the samples, without loops. `hotwords` are in the prompt of each window, `example` before the first.

    After an example without hotwords only the punctuation is taken, so the search is greedy, and without fallbacks: for
    one clip of 8 s these took ten times as long as its words.
    """
    search: dict[str, float] = {"beam_size": 1, "temperature": 0.0} if example and not hotwords else {"beam_size": 5}
    segments, _ = model.transcribe(
        samples,
        language=language,
        task="translate" if into_english else "transcribe",
        # Without word timestamps the base model repeated its last line (WER 23 % instead of 3 %).
        word_timestamps=True,
        # The model hallucinates sentences over noise and hum ("I'm sorry, I'm sorry", at 95 % confidence); the VAD
        # blocked all of 32 such recordings. Beyond that the model's own rule drops a segment: a high no-speech
        # probability and a low log-probability. The former alone dropped 65 s of near-perfect text of 276 s.
        vad_filter=True,
        vad_parameters=voice_activity.OPTIONS,
        # The text of the window before helps now that pauses are kept: 2.4 instead of 2.9 % of 1,180 words in four
        # noises and a reading were wrong. With pauses cut out it was 5 instead of 3 %. A mistake is carried on to the
        # end of a chunk of five minutes at the most.
        condition_on_previous_text=True,
        hotwords=hotwords,
        initial_prompt=example,
        **search,
    )
    words: list[Word] = []
    for segment in segments:
        words += _words(segment, join_parts=into_english or language not in _UNSPACED_LANGUAGES)
        on_progress(float(segment.end))
    return repetition_loops.without_loops(words)


def _shifted(words: Iterable[Word], seconds: float) -> list[Word]:
    return [replace(word, start=round(word.start + seconds, 3), end=round(word.end + seconds, 3)) for word in words]


def _snapped(words: Sequence[Word], samples: Samples) -> list[Word]:
    """The words without overlap, and the first one after each pause moved to its sound."""
    spans = snap_to_onsets([(word.start, word.end) for word in words], samples, SAMPLE_RATE)
    snapped = [
        replace(word, start=span[0], end=span[1]) for word, span in zip(words, spans, strict=True) if span is not None
    ]
    return normalize_timings(after_their_pause(snapped), 0.0, len(samples) / SAMPLE_RATE)


def _words(segment: Segment, *, join_parts: bool) -> Iterator[Word]:
    """The words of a segment; `join_parts` rejoins words split at hyphens and periods."""
    pending: Word | None = None
    for detected in segment.words or ():
        word = Word(
            start=float(detected.start),
            end=float(detected.end),
            text=detected.word.strip(),
            spaced=detected.word.startswith(" "),
        )
        if pending and join_parts and not word.spaced:
            pending = replace(pending, end=word.end, text=pending.text + word.text)
            continue
        if pending and pending.text:
            yield pending
        pending = word
    if pending and pending.text:
        yield pending
