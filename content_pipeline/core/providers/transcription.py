"""Speech recognition: transcribes audio to timed words with Whisper (faster-whisper), locally."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, Samples, pcm_chunks
from content_pipeline.core.media.limits import MAX_SECONDS
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.process_memory import dropped_when_idle
from content_pipeline.core.providers.languages import whisper_language
from content_pipeline.core.providers.whisper_models import model_folder
from content_pipeline.core.settings import settings

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment
else:
    WhisperModel = Segment = Any

# Segments above this no-speech probability are dropped: speech scored at most 0.22, even under equally loud noise;
# hallucinations over noise and hum 0.5 to 0.96.
_NO_SPEECH_THRESHOLD = 0.6

# Languages that Whisper splits into characters or syllables, because they are written without spaces.
_UNSPACED_LANGUAGES = {"zh", "yue", "ja", "th", "lo", "my"}

_load_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Transcript:
    """The timed words. `language` is Whisper's code, None without speech; `seconds` is the audio's duration."""

    language: str | None
    seconds: float
    words: tuple[Word, ...]


def load_model(threads: int) -> WhisperModel:
    """The model of this process, loaded once (0.3 s, 90 MB) and shared by its threads.

    Raises Unavailable `model_missing`, `model_damaged`, `model_unusable`, `cache_unwritable`.
    """
    with _load_lock:
        return load_cached(settings().whisper_model, threads)


@dropped_when_idle
@lru_cache(maxsize=1)
def load_cached(model: str, threads: int) -> WhisperModel:
    from faster_whisper import WhisperModel  # the API imports this module too, and never needs the engine

    place = model_folder(model)
    device, compute_type = settings().whisper_device, settings().whisper_compute_type
    try:
        return WhisperModel(str(place), device=device, compute_type=compute_type, cpu_threads=threads)
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
) -> Transcript:
    """Transcribe a recording, at most its first `max_seconds`, into timed words, in order.

    `language` is a tag, or None or "auto" to detect it. `on_progress` gets the seconds done so far, about once a
    sentence. An interrupt takes effect between two windows of 30 s. Raises Invalid `unknown_language`, MediaUnusable
    (`no_audio`, `media_unreadable`), and as `load_model` does.
    """
    code = whisper_language(language)
    model = load_model(threads)
    words: list[Word] = []
    start = 0.0
    for samples in pcm_chunks(path, seconds=max_seconds):
        segments, detected = _transcribe_chunk(model, samples, code)
        for segment in segments:
            if segment.no_speech_prob <= _NO_SPEECH_THRESHOLD:
                words.extend(_words(segment, start, join_parts=detected not in _UNSPACED_LANGUAGES))
            on_progress(start + float(segment.end))
        if words:
            code = code or detected
        start += len(samples) / SAMPLE_RATE
        on_progress(start)
    return Transcript(language=code if words else None, seconds=start, words=tuple(words))


def _transcribe_chunk(model: WhisperModel, samples: Samples, language: str | None) -> tuple[Iterable[Segment], str]:
    """The segments of one chunk (a lazy iterator), and the detected language."""
    segments, info = model.transcribe(
        samples,
        language=language,
        beam_size=5,
        # Without word timestamps the base model repeated its last line (WER 23 % instead of 3 %).
        word_timestamps=True,
        # The model hallucinates sentences over noise and hum ("I'm sorry, I'm sorry", at 95 % confidence); the VAD
        # blocked all of 32 such recordings.
        vad_filter=True,
        # Conditioning propagates mistakes: WER 5 % instead of 3 % on the same speech with pauses cut out, though 1 %
        # with pauses kept.
        condition_on_previous_text=False,
    )
    return segments, info.language


def _words(segment: Segment, start: float, *, join_parts: bool) -> Iterator[Word]:
    """The words of a segment, offset by `start`; `join_parts` rejoins words split at hyphens and periods."""
    pending: Word | None = None
    for detected in segment.words or ():
        word = Word(
            start=round(start + float(detected.start), 3),
            end=round(start + float(detected.end), 3),
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
