"""Speech to words with Whisper, on this machine."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, Samples, pcm_chunks
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.providers.languages import whisper_language
from content_pipeline.core.providers.whisper_models import model_folder
from content_pipeline.core.settings import settings

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment
else:
    WhisperModel = Segment = Any

# By the model's own judgement a window is silent: speech gave at most 0.22 even under noise as loud as itself,
# what it invented over noise and hum 0.5 to 0.96.
_NO_SPEECH_THRESHOLD = 0.6

# Languages that Whisper cuts into characters or syllables, because they are written without blanks.
_UNSPACED_LANGUAGES = {"zh", "yue", "ja", "th", "lo", "my"}

_load_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said. `language` is Whisper's code, None when nothing was said; `seconds` is the length of the sound."""

    language: str | None
    seconds: float
    words: tuple[Word, ...]


def load_model(threads: int) -> WhisperModel:
    """The model of this process, loaded once (0.4 s, 320 MB) and shared by its threads.

    Raises Unavailable `model_missing`, `model_damaged`, `model_unusable`, `cache_unwritable`.
    """
    with _load_lock:
        return _load_cached(settings().whisper_model, threads)


@lru_cache(maxsize=1)
def _load_cached(model: str, threads: int) -> WhisperModel:
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


def transcribe(path: Path, *, language: str | None, threads: int, on_progress: Callable[[float], None]) -> Transcript:
    """The words of a recording, in order, with their times.

    `language` is a tag, or None or "auto" to find out. `on_progress` gets the seconds done so far, after every
    sentence or so. An interrupt is felt between two windows of 30 s. Raises Invalid `unknown_language`, MediaUnusable
    (`no_audio`, `media_unreadable`), and as `load` does.
    """
    code = whisper_language(language)
    model = load_model(threads)
    words: list[Word] = []
    start = 0.0
    for samples in pcm_chunks(path):
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
    """The segments of one piece, made while they are read, and the language they are in."""
    segments, info = model.transcribe(
        samples,
        language=language,
        beam_size=5,
        # Without them the base model repeated its last line (23 % of words wrong instead of 3 %).
        word_timestamps=True,
        # The model invents sentences where nobody speaks (white noise, hum: "I'm sorry, I'm sorry", sure by
        # 95 %); the voice detector let nothing of 32 such sounds through to it.
        vad_filter=True,
        # With it a mistake is carried on: on the same speech 5 % of words wrong instead of 3 % where pauses were
        # cut out, though 1 % where they were not.
        condition_on_previous_text=False,
    )
    return segments, info.language


def _words(segment: Segment, start: float, *, join_parts: bool) -> Iterator[Word]:
    """The words of a segment of a piece that begins at `start`; `whole` joins what was split at hyphens and points."""
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
