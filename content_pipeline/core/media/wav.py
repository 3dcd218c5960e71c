"""Reads and writes 16-bit PCM WAV files."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def write(samples: NDArray[np.float32], rate: int, target: Path) -> None:
    """Write samples from -1 to 1: shape (n,) for mono, (n, channels) otherwise."""
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())


def read(path: Path) -> tuple[NDArray[np.float32], int]:
    """Read a file that `write` wrote: the samples interleaved in one dimension, and the sample rate."""
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return np.asarray(samples / 32767, np.float32), file.getframerate()
