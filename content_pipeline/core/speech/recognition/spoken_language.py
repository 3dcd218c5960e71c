"""Spoken language identification: the language of a recording, by Whisper, from windows spread over its speech."""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, Samples
from content_pipeline.core.speech.recognition import voice_activity

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
else:
    WhisperModel = Any

_WINDOW_SECONDS: Final = 30
# Each costs a pass of the encoder, about a tenth of a window's transcription.
_MAX_WINDOWS: Final = 4
_FALLBACK: Final = "en"
_MIN_PROBABILITY: Final = 0.5


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    """Whisper's code for a language, and how probable it is, from 0 to 1."""

    code: str
    probability: float


def identify(model: WhisperModel, samples: Samples) -> SpokenLanguage | None:
    """The language that is most probable over up to four windows with speech; None where nobody speaks.

    It is English where no language reaches a probability of 0.5.
    """
    speech = voice_activity.speech_only(samples)
    if not len(speech):
        return None
    windows = _windows(speech)
    probabilities: defaultdict[str, float] = defaultdict(float)
    for window in windows:
        _, _, found = model.detect_language(window)
        for code, probability in found:
            probabilities[code] += probability / len(windows)
    code = max(probabilities, key=lambda code: probabilities[code])
    if probabilities[code] < _MIN_PROBABILITY:
        code = _FALLBACK
    return SpokenLanguage(code, round(probabilities[code], 3))


def _windows(speech: Samples) -> list[Samples]:
    """Windows of 30 s from the first to the last second; one that is shorter where there is less speech."""
    length = _WINDOW_SECONDS * SAMPLE_RATE
    count = min(_MAX_WINDOWS, -(-len(speech) // length))
    starts = np.linspace(0, max(0, len(speech) - length), count).astype(int)
    return [speech[start : start + length] for start in starts]
