"""Audio mastering of a reel: mixes narration and ducked music, normalizes to -14 LUFS (ITU-R BS.1770), limits peaks.

Computed in numpy, so that ffmpeg only encodes: it costs 0.01 CPU seconds a second and is exact to 0.1 LU, which a
single-pass ffmpeg filter only approximates.
"""

from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from content_pipeline.core.errors import MediaUnusable
from content_pipeline.core.media import antiphase, untrusted
from content_pipeline.core.media.audio_decoding import Samples
from content_pipeline.core.media.media_info import MediaInfo

SAMPLE_RATE = 48_000
TARGET_LUFS = -14.0  # LUFS

# Sample peak: -2.2 dBFS. Inter-sample peaks and AAC added at most 0.9 dB; platforms ask for -1 dBTP.
_PEAK_LIMIT = 0.78
_TOLERANCE = 0.05  # LU
_MAX_ITERATIONS = 8
_MAX_MEASURED_SECONDS = 300.0  # 0.12 GB
_MIN_MEASURED_SAMPLES = round(0.4 * SAMPLE_RATE)  # one gating block of BS.1770
_LIMITER_STEP = SAMPLE_RATE // 500
_LIMITER_WINDOW = 10  # steps: look-ahead and release of 20 ms

# Music level relative to the voice, in dB: during speech, and in pauses of more than a second.
_DUCKED_DB, _PAUSE_DB = -19.0, -11.0
_DUCK_STEP = SAMPLE_RATE // 20
_DUCK_WINDOW = 10  # steps: half a second before and after each word
_SPEECH_THRESHOLD = 0.05  # as a share of the voice's loudest step
_BYTES_PER_FRAME = 8
_FADE_IN, _FADE_OUT, _LOOP_FADE = 0.3, 2.0, 0.02  # seconds

Stereo = NDArray[np.float32]  # (samples, 2) at RATE
Curve = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Mix:
    """The mastered audio, and its integrated loudness in LUFS (minus infinity for silence)."""

    samples: Stereo
    loudness: float


def mix(narration: Samples, rate: int, *, seconds: float, music: Path | None = None) -> Mix:
    """Mix and master the audio of a reel: TARGET_LUFS with sample peaks of at most ±0.78.

    The target is reached except for sounds of a fifth of a second, or clicks. Silence stays silent.
    `narration` is mono at `rate`, from the reel's start. `music` is an untrusted recording, looped or cut to length,
    ducked under speech, faded out. Raises MediaUnusable `music_unusable`, and as `probe` does.
    """
    length = round(seconds * SAMPLE_RATE)
    voice = _normalize_loudness(np.repeat(_pad_or_trim(_resample(narration, rate), length)[:, None], 2, axis=1))
    if music is None:
        return voice
    return _normalize_loudness(
        voice.samples + _prepare_music(music, length) * _ducking_gain(voice.samples[:, 0])[:, None]
    )


def inspect(path: Path) -> MediaInfo:
    """The `probe` result of an untrusted music file.

    Raises MediaUnusable `music_unusable`, and as `untrusted.probe` does.
    """
    media = untrusted.probe(path)
    if not media.has_audio:
        raise _unusable()
    return media


def measure(path: Path) -> float:
    """The loudness of a file, of its first five minutes, in LUFS. Raises MediaUnusable, and as `probe` does."""
    return _loudness(_decode_stereo(path, _MAX_MEASURED_SECONDS))


def _resample(samples: Samples, rate: int) -> Samples:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32)[None], format="flt", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    return np.concatenate([part.to_ndarray()[0] for part in (*resampler.resample(frame), *resampler.resample(None))])


def _pad_or_trim(samples: Samples, length: int) -> Samples:
    return np.pad(samples[:length], (0, max(length - len(samples), 0)))


def _normalize_loudness(sound: Stereo) -> Mix:
    """Normalize to TARGET_LUFS within the peak limit. Iterates, because the limiter reduces the loudness again."""
    peak = float(np.abs(sound).max(initial=0))
    if not peak:
        return Mix(sound, -inf)
    gain = 1 / peak  # start from full scale: below -70 LUFS (the gate) nothing is measured
    for _ in range(_MAX_ITERATIONS):
        limited = _limit_peaks(sound * np.float32(gain))
        normalized = Mix(limited, _loudness(limited))
        missing = TARGET_LUFS - normalized.loudness
        if abs(missing) < _TOLERANCE or missing == inf:  # a lone click is too short to be measured
            break
        gain *= 10 ** (missing / 20)
    return normalized


def _loudness(sound: Stereo) -> float:
    """Integrated loudness in LUFS."""
    import pyloudnorm  # loads scipy's filters (60 MB), which the API and the code server never need

    missing = max(_MIN_MEASURED_SAMPLES - len(sound), 0)
    return float(pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(np.pad(sound, ((0, missing), (0, 0)))))


def _limit_peaks(sound: Stereo) -> Stereo:
    """Peak limiter: reduces the gain around samples that exceed the limit."""
    needed = _PEAK_LIMIT / np.maximum(_peak_envelope(sound.T, _LIMITER_STEP), _PEAK_LIMIT)
    return sound * _interpolate(-_hold_and_smooth(-needed, _LIMITER_WINDOW), _LIMITER_STEP, len(sound))[:, None]


def _ducking_gain(voice: Samples) -> Samples:
    """Gain curve for music that is as loud as the voice: ducked during speech."""
    peaks = _peak_envelope(voice[None], _DUCK_STEP)
    speaking = _hold_and_smooth((peaks > _SPEECH_THRESHOLD * peaks.max()) * 1.0, _DUCK_WINDOW)
    decibels = _PAUSE_DB + (_DUCKED_DB - _PAUSE_DB) * speaking
    return _interpolate(10 ** (decibels / 20), _DUCK_STEP, len(voice))


def _peak_envelope(channels: Samples, step: int) -> Curve:
    """Peak envelope: the maximum of each `step` samples over all channels."""
    loudest = np.abs(channels).max(axis=0)
    steps = -(-len(loudest) // step)
    peaks: Curve = _pad_or_trim(loudest, steps * step).reshape(steps, step).max(axis=1)
    return peaks


def _hold_and_smooth(steps: Curve, window: int) -> Curve:
    """The largest within `reach` of each step, smoothed so far that each and its neighbors still have their own."""
    smoothing = window - 1
    padded = np.pad(steps, window + smoothing, mode="edge")
    maxima = sliding_window_view(padded, 2 * window + 1).max(axis=1)
    smooth: Curve = sliding_window_view(maxima, 2 * smoothing + 1).mean(axis=1)
    return smooth


def _interpolate(steps: Curve, step: int, length: int) -> Samples:
    """Linear interpolation between the middles of the steps, to `length` samples."""
    middles = (np.arange(len(steps)) + 0.5) * step
    return np.interp(np.arange(length), middles, steps).astype(np.float32)


def _prepare_music(path: Path, length: int) -> Stereo:
    """Music normalized to TARGET_LUFS, cut or looped to `length` samples; one side of it where both cancel out."""
    piece = antiphase.to_stereo(_decode_stereo(path, length / SAMPLE_RATE)[:length])
    missing = TARGET_LUFS - _loudness(piece)
    if missing < inf:
        piece *= np.float32(10 ** (missing / 20))
    if len(piece) < length:
        piece *= _fade_envelope(len(piece), _LOOP_FADE, _LOOP_FADE)[:, None]
    return np.resize(piece, (length, 2)) * _fade_envelope(length, _FADE_IN, _FADE_OUT)[:, None]


def _decode_stereo(path: Path, seconds: float) -> Stereo:
    """Decode the first `seconds` of the first audio stream. Damaged files are used up to the damage."""
    with untrusted.sound(path, rate=SAMPLE_RATE, channels=2) as sound:
        data = sound.read(_BYTES_PER_FRAME * round(seconds * SAMPLE_RATE))
    if not data:
        raise _unusable()
    return np.frombuffer(data, np.float32).reshape(-1, 2).copy()


def _unusable() -> MediaUnusable:
    return MediaUnusable(
        "The music file has no sound that can be decoded.",
        code="music_unusable",
        remedy="Send an MP3, M4A, OGG or WAV.",
    )


def _fade_envelope(length: int, rise: float, fall: float) -> Samples:
    """Linear fade-in over `rise` seconds and fade-out over `fall`; each at most a third of the length."""
    ends = (0, min(rise * SAMPLE_RATE, length / 3), length - min(fall * SAMPLE_RATE, length / 3), length)
    return np.interp(np.arange(length), ends, (0, 1, 1, 0)).astype(np.float32)
