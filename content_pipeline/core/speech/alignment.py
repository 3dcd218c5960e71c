"""When the words of a known script are heard in a recording of it, for voices that do not say so themselves.

English is aligned with pocketsphinx, to about 40 ms at a hundredth of the sound's length in CPU time. Other
languages, and English where pocketsphinx is missing or loses its way, take the times of Whisper's words.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from content_pipeline.core.media import wav
from content_pipeline.core.media.audio import RATE
from content_pipeline.core.media.words import Word, tidy
from content_pipeline.core.providers.languages import language_known
from content_pipeline.core.providers.transcription import transcribe
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import forced_alignment
from content_pipeline.core.speech.forced_alignment import Pcm
from content_pipeline.core.speech.matching import matched
from content_pipeline.core.speech.onsets import settled
from content_pipeline.core.speech.spoken_form import Token
from content_pipeline.core.speech.voice import Samples, Span, moved, timed

# Whisper begins words this much before they are heard (368 words of two voices: median 75 and 54 ms).
_LATER_SECONDS = 0.065


def align(samples: Samples, rate: int, tokens: Sequence[Token], language: str) -> tuple[Word, ...]:
    """One word for each token, in order and without overlap, with its time in the recording.

    The recording is mono samples from -1 to 1, of some minutes at most: pocketsphinx takes 1.3 MB a second.

    Raises as `transcription.load` does.
    """
    pcm = _at_16_khz(samples, rate)
    spans = forced_alignment.spans(pcm, tokens) if language == "en" else None
    spans = settled(spans or _heard(pcm, tokens, language), samples, rate)
    return tuple(tidy(timed(tokens, spans), 0.0, len(samples) / rate))


def _at_16_khz(samples: Samples, rate: int) -> Pcm:
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.rate = rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray().reshape(-1) for part in parts])


def _heard(pcm: Pcm, tokens: Sequence[Token], language: str) -> list[Span | None]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        wav.write(np.asarray(pcm / 32767, np.float32), RATE, path)
        transcript = transcribe(
            path,
            language=language if language_known(language) else None,
            threads=settings().whisper_threads(settings().lane or "media"),
            on_progress=lambda seconds: None,
        )
    return matched(tokens, moved(transcript.words, _LATER_SECONDS), transcript.seconds)
