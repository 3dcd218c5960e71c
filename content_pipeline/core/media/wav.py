"""Samples as WAV files of 16 bits, and back."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def write(samples: NDArray[np.float32], rate: int, target: Path) -> None:
    """Mono samples, or rows of one sample for each channel, from -1 to 1."""
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())


def read(path: Path) -> tuple[NDArray[np.float32], int]:
    """What `write` wrote: samples in one row, and their rate."""
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return np.asarray(samples / 32767, np.float32), file.getframerate()
