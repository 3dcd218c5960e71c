"""The local voices: what Whisper hears of them, CPU time, pace, pitch, and the memory of a model.

Of Japanese it is how a text is read that counts, not in which characters Whisper writes it.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jiwer
import numpy as np

from bench.environment import Environment
from bench.figures import Figure, Reference, Target
from content_pipeline.core.infrastructure import process_memory
from content_pipeline.core.media import wav
from content_pipeline.core.media.timed_words import join_words
from content_pipeline.core.speech import hibari, kokoro, pico, vits
from content_pipeline.core.speech.languages import base_language
from content_pipeline.core.speech.narration import Narration, narrate
from content_pipeline.core.speech.recognition.transcription import transcribe
from content_pipeline.core.speech.voice_types import Voice, VoiceChoice
from tests.core.speech import european, japanese
from tests.core.speech.test_tts_round_trip import SCRIPTS
from tests.core.speech.transcript_normalization import canonical

_REFERENCE, *_ = hibari.known_voices()
# The fundamental frequency of a voice lies between these, in Hz.
_LOWEST, _HIGHEST = 60, 400
_FRAME_SECONDS = 0.04
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class _Language:
    """Scripts of a language, how what is said is compared with what is heard, and how many percent may be wrong."""

    unit: str
    most_wrong: float
    scripts: Sequence[str]
    plain: Callable[[str], str]
    wrong: Callable[[list[str], list[str]], float]
    count: Callable[[str], int]


def _words(text: str) -> int:
    return len(text.split())


_LANGUAGES = {
    "en": _Language("words", 6.0, SCRIPTS, canonical, jiwer.wer, _words),
    "ja": _Language("kana", 6.0, japanese.SCRIPTS, japanese.reading, jiwer.cer, len),
    **{
        language: _Language("words", 12.0, scripts, partial(european.plain, language=language), jiwer.wer, _words)
        for language, scripts in european.SCRIPTS.items()
    },
}


@dataclass(frozen=True)
class _Measured:
    wrong: float
    cpu: float
    per_minute: float
    pitch: float
    memory: float


def measure(environment: Environment) -> Iterator[Figure]:
    of = {
        voice: _measure(voice, environment.times(len(SCRIPTS)), environment.folder)
        for voice in (_REFERENCE, *vits.voices(), *kokoro.voices(), *pico.voices())
    }
    heart = of[_REFERENCE]
    for voice, found in of.items():
        language = _LANGUAGES[base_language(voice.language)]
        kind, most_wrong = language.unit, language.most_wrong
        for what, measured, unit, reference, target in (
            (f"{kind} heard differently", found.wrong * 100, "%", heart.wrong * 100, Target(most_wrong)),
            ("CPU time of a second of speech", found.cpu, "s", heart.cpu, None),
            ("pace", found.per_minute, f"{kind}/min", heart.per_minute, None),
            ("median pitch", found.pitch, "Hz", heart.pitch, None),
            ("memory of the model", found.memory, "MB", heart.memory, None),
        ):
            beside = Reference(_REFERENCE.id, reference)
            yield Figure(f"{voice.id}: {what}", measured, unit, beside, target, environment.times(len(SCRIPTS)))


def _measure(voice: Voice, count: int, folder: Path) -> _Measured:
    choice = VoiceChoice(voice, base_language(voice.language))
    language = _LANGUAGES[choice.language]
    process_memory.release()  # a model that the voice before it has loaded, too
    before = _resident_mb()
    narrate(language.scripts[-1], choice)
    memory = _resident_mb() - before
    began = time.process_time()
    spoken = [narrate(script, choice) for script in language.scripts[:count]]
    cpu = time.process_time() - began
    seconds = sum(narration.seconds for narration in spoken)
    said = [language.plain(script) for script in language.scripts[:count]]
    return _Measured(
        wrong=language.wrong(said, [language.plain(_heard(narration, folder)) for narration in spoken]),
        cpu=cpu / seconds,
        per_minute=60 * sum(map(language.count, said)) / seconds,
        pitch=float(np.median([pitch for narration in spoken for pitch in _pitches(narration)])),
        memory=memory,
    )


def _heard(narration: Narration, folder: Path) -> str:
    wav.write(narration.samples, narration.rate, folder / "voice.wav")
    heard = transcribe(folder / "voice.wav", language=narration.language, threads=1, on_progress=lambda seconds: None)
    return join_words(heard.words)


def _pitches(narration: Narration) -> Iterator[float]:
    """The fundamental frequency of each voiced frame, by autocorrelation."""
    size = int(_FRAME_SECONDS * narration.rate)
    shortest, longest = narration.rate // _HIGHEST, narration.rate // _LOWEST
    for frame in narration.samples[: len(narration.samples) // size * size].reshape(-1, size):
        correlation = np.correlate(frame, frame, "full")[size - 1 :]
        lag = shortest + int(np.argmax(correlation[shortest:longest]))
        if correlation[0] > 0 and correlation[lag] > 0.5 * correlation[0]:
            yield narration.rate / lag


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES / 1e6
