"""The voices that come along: words heard back by Whisper, CPU time, pace, pitch, and the memory of a model."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jiwer
import numpy as np

from bench.environment import Environment
from bench.figures import Figure, Reference, Target
from content_pipeline.core.media import wav
from content_pipeline.core.providers.transcription import transcribe
from content_pipeline.core.speech import voice_selection
from content_pipeline.core.speech.narration import Narration, narrate
from tests.core.speech.test_tts_round_trip import SCRIPTS
from tests.core.speech.transcript_normalization import canonical

_REFERENCE = "hibari-heart"
_VOICES = (_REFERENCE, "vits-joe")
# Within which a voice's fundamental frequency lies, in Hz.
_LOWEST, _HIGHEST = 60, 400
_FRAME_SECONDS = 0.04
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class _Measured:
    wrong_words: float
    cpu: float
    words_per_minute: float
    pitch: float
    memory: float


def measure(environment: Environment) -> Iterator[Figure]:
    scripts = SCRIPTS[: environment.times(len(SCRIPTS))]
    of = {voice_id: _measure(voice_id, scripts, environment.folder) for voice_id in _VOICES}
    for voice_id, found in of.items():
        heart = of[_REFERENCE]
        for what, measured, unit, reference, target in (
            ("words heard differently", found.wrong_words * 100, "%", heart.wrong_words * 100, Target(6.0)),
            ("CPU time of a second of speech", found.cpu, "s", heart.cpu, None),
            ("pace", found.words_per_minute, "words/min", heart.words_per_minute, None),
            ("median pitch", found.pitch, "Hz", heart.pitch, None),
            ("memory of the model", found.memory, "MB", heart.memory, None),
        ):
            yield Figure(f"{voice_id}: {what}", measured, unit, Reference(_REFERENCE, reference), target, len(scripts))


def _measure(voice_id: str, scripts: list[str], folder: Path) -> _Measured:
    before = _resident_mb()
    narrate("Warm up.", voice_selection.choose_voice(voice_id, "Warm up."))
    memory = _resident_mb() - before
    began = time.process_time()
    spoken = [narrate(script, voice_selection.choose_voice(voice_id, script)) for script in scripts]
    cpu = time.process_time() - began
    seconds = sum(narration.seconds for narration in spoken)
    said = [canonical(script) for script in scripts]
    return _Measured(
        wrong_words=jiwer.wer(said, [canonical(_heard(narration, folder)) for narration in spoken]),
        cpu=cpu / seconds,
        words_per_minute=60 * sum(len(text.split()) for text in said) / seconds,
        pitch=float(np.median([pitch for narration in spoken for pitch in _pitches(narration)])),
        memory=memory,
    )


def _heard(narration: Narration, folder: Path) -> str:
    wav.write(narration.samples, narration.rate, folder / "voice.wav")
    heard = transcribe(folder / "voice.wav", language="en", threads=1, on_progress=lambda seconds: None)
    return " ".join(word.text for word in heard.words)


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
