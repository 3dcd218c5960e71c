"""Forced alignment: word timings of a known script in a recording, for voices that report none.

English is aligned with pocketsphinx, to about 40 ms, in a hundredth of the audio's duration of CPU time. Other
languages, and English where pocketsphinx is missing or fails, use Whisper's word timings.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from content_pipeline.core.media import wav
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE
from content_pipeline.core.media.onset_detection import snap_to_onsets
from content_pipeline.core.media.timed_words import Span, Word, normalize_timings
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import pocketsphinx_alignment
from content_pipeline.core.speech.pocketsphinx_alignment import Pcm
from content_pipeline.core.speech.recognition import transcription
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.transcript_alignment import align_to_transcript
from content_pipeline.core.speech.voice_types import Samples, shift_words, words_from_spans

# Whisper reports word starts this much too early (368 words of two voices: median 75 and 54 ms).
_WHISPER_DELAY_SECONDS = 0.065


def align(samples: Samples, rate: int, tokens: Sequence[Token], language: str) -> tuple[Word, ...]:
    """One word per token, in order and without overlap, timed in seconds of the recording.

    `samples` are mono from -1 to 1, a few minutes at most: pocketsphinx needs 1.3 MB of memory a second.

    Raises as `transcription.load_model` does.
    """
    pcm = to_16_khz_pcm(samples, rate)
    spans = pocketsphinx_alignment.align_tokens(pcm, tokens) if language == "en" else None
    spans = snap_to_onsets(spans or _align_with_whisper(pcm, tokens, language), samples, rate)
    return tuple(normalize_timings(words_from_spans(tokens, spans), 0.0, len(samples) / rate))


def to_16_khz_pcm(samples: Samples, rate: int) -> Pcm:
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.rate = rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray().reshape(-1) for part in parts])


def _align_with_whisper(pcm: Pcm, tokens: Sequence[Token], language: str) -> list[Span | None]:
    threads = settings().whisper_threads(settings().lane or "media")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        wav.write(np.asarray(pcm / 32767, np.float32), SAMPLE_RATE, path)
        transcript = transcription.transcribe(
            path,
            # No language is refused here: words that are not heard get the times between those that are.
            language=language if transcription.hears(language, threads) else None,
            threads=threads,
            on_progress=lambda seconds: None,
        )
    return align_to_transcript(tokens, shift_words(transcript.words, _WHISPER_DELAY_SECONDS), transcript.seconds).spans
