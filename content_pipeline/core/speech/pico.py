"""SVOX Pico text-to-speech engine: German, French, Italian and Spanish voices, by a package of voices.lock.

It reports no times, so its words are aligned as those of endpoints are. It runs in a child process: threads disturb
each other in it, and after a hundred odd texts in one process one never ended.
"""

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from content_pipeline.core.errors import InternalError, Unavailable
from content_pipeline.core.infrastructure.processes import child_process
from content_pipeline.core.speech.forced_alignment import align
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.voice_types import Samples, Utterance, Voice, VoiceChoice, spoken_text

RATE: Final = 16_000
_LANGUAGES: Final = {"de-DE": "German", "fr-FR": "French", "it-IT": "Italian", "es-ES": "Spanish"}
KNOWN_VOICES: Final = tuple(
    Voice(f"pico-{tag.partition('-')[0]}", name, tag, "female", "pico") for tag, name in _LANGUAGES.items()
)
_MARKUP: Final = str.maketrans("<>", "  ")
# A thousand characters take 0.4 s.
_SECONDS: Final = 30.0
_MEMORY_BYTES: Final = 1 << 30


def voices() -> tuple[Voice, ...]:
    """The voices, where the package is installed."""
    return KNOWN_VOICES if find_spec("py_nanotts") else ()


def speak(tokens: Sequence[Token], choice: VoiceChoice) -> Utterance:
    """Synthesize sentences, with force-aligned words. Raises as `synthesize` and `forced_alignment.align` do."""
    samples = synthesize(spoken_text(tokens), choice)
    return Utterance(samples, RATE, align(samples, RATE, tokens, choice.language))


def synthesize(text: str, choice: VoiceChoice) -> Samples:
    """The sound alone. Raises Unavailable `voice_missing`, and InternalError where the engine fails."""
    if choice.voice not in voices():
        raise Unavailable(
            f"The voice {choice.voice.id} is not on this machine.",
            code="voice_missing",
            remedy="Run `content-pipeline models install --voices` there, or choose another voice.",
            retryable=False,
        )
    with TemporaryDirectory() as folder:
        written, sound = Path(folder) / "text", Path(folder) / "sound"
        written.write_text(text.translate(_MARKUP), encoding="utf-8")
        program = [sys.executable, "-m", "content_pipeline.core.speech.pico_process"]
        child_process.run_to_end(
            [*program, choice.voice.language, str(choice.speed), str(written), str(sound)],
            memory=_MEMORY_BYTES,
            seconds=_SECONDS,
            variables={"PYTHONPATH": os.pathsep.join(sys.path)},  # none of this process's secrets
            error=InternalError("The voice failed to say the script.", remedy="Choose another voice."),
        )
        return np.divide(np.fromfile(sound, np.int16), 32768, dtype=np.float32)
