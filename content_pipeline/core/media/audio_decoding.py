"""Decodes audio to 16 kHz mono float32 in chunks of up to five minutes, synchronized with the video's timestamps."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.media import untrusted
from content_pipeline.core.media.limits import MAX_SECONDS

SAMPLE_RATE = 16_000

Samples = NDArray[np.float32]

# Transcription peaks at 0.54 GB with chunks of five minutes, 0.83 GB with ten, 3.9 GB with an hour.
CHUNK_SECONDS = 300.0
CUT_WINDOW_SECONDS = 60.0
_QUIET_SECONDS = 0.5
_BYTES_PER_SAMPLE = 4


def pcm_chunks(path: Path, *, seconds: float = MAX_SECONDS, language: str | None = None) -> Iterator[Samples]:
    """The sound track in `language`, else the default one, as mono float32 at 16 kHz.

    In chunks of up to five minutes, cut at the quietest point.

    Sample n, counted over all chunks, is at n / 16000 seconds after the file's start: late starts and gaps are
    filled with silence. Ends after `seconds`: timestamps may claim more than the length of the file. Raises
    MediaUnusable `no_audio`, `media_unreadable`, `media_too_complex`, and as `probe` does.
    """
    pending = np.empty(0, np.float32)
    chunk = int(CHUNK_SECONDS * SAMPLE_RATE)
    remaining = int(seconds * SAMPLE_RATE)
    with untrusted.sound(path, rate=SAMPLE_RATE, channels=1, language=language) as sound:
        while remaining > 0 and (data := sound.read(_BYTES_PER_SAMPLE * min(chunk - len(pending), remaining))):
            samples = np.frombuffer(data, np.float32, len(data) // _BYTES_PER_SAMPLE)
            remaining -= len(samples)
            pending = np.concatenate([pending, samples])
            if len(pending) == chunk:
                cut = _quietest_point(pending)
                yield pending[:cut]
                pending = pending[cut:]
    if len(pending):
        yield pending


def _quietest_point(samples: Samples) -> int:
    """Index of the middle of the quietest half second within the last minute."""
    window = int(_QUIET_SECONDS * SAMPLE_RATE)
    tail = samples[-int(CUT_WINDOW_SECONDS * SAMPLE_RATE) :]
    blocks = tail[: len(tail) // window * window].reshape(-1, window)
    quietest = int(np.argmin(np.square(blocks).mean(axis=1)))
    return len(samples) - len(tail) + quietest * window + window // 2
