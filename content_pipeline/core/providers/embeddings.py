"""Sentence embeddings, computed locally in processes of lower priority (`embedding_process`).

In a thread of the API they kept the interpreter from its event loop between two matrices: reads of tasks beside
memories of long texts took 1.7 to 2.1 times as long, and take 1.5 to 1.7 times (bench/noisy_neighbor.py, memories).
"""

import json
import os
import subprocess
import sys
import threading
from queue import LifoQueue
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.processes import child_process

Vector: TypeAlias = npt.NDArray[np.float32]

DIMENSIONS: Final = 384

PROGRAM: Final = "content_pipeline.core.providers.embedding_process"
_BYTES: Final = 4 * DIMENSIONS
# The first text of a process takes 0.4 s, a long one 0.1 s, on a free core.
_ANSWER_SECONDS: Final = 30.0


def embed(text: str) -> Vector:
    """Embed a text: a unit vector of 384 dimensions, so that the dot product is the cosine similarity.

    Only the first 256 tokens count. Raises Unavailable `embedding_failed`.
    """
    process = _PROCESSES.get()
    try:
        return np.frombuffer(process.embed(text), np.float32)
    finally:
        _PROCESSES.put(process)


def close() -> None:
    """End the processes that embed nothing now."""
    for process in _PROCESSES.queue:
        process.close()


class _EmbeddingProcess:
    """A process that embeds one text after the other; started with the first, and again when it has ended."""

    def __init__(self) -> None:
        self._running: subprocess.Popen[bytes] | None = None

    def embed(self, text: str) -> bytes:
        if self._running:
            if len(vector := _ask(self._running, text)) == _BYTES:
                return vector
            self.close()  # it had no text for a while, or was killed
        self._running = subprocess.Popen(
            [sys.executable, "-m", PROGRAM],
            env=child_process.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,
        )
        # It would stay as a zombie.
        threading.Thread(target=self._running.wait, name="embedding process", daemon=True).start()
        if len(vector := _ask(self._running, text)) == _BYTES:
            return vector
        self.close()
        raise Unavailable(
            "The process that embeds memories has ended.",
            code="embedding_failed",
            remedy="Try again. If it stays like that, run `content-pipeline doctor`, which checks the model.",
        )

    def close(self) -> None:
        if self._running:
            self._running.kill()
            self._running.communicate()
            self._running = None


def _ask(process: subprocess.Popen[bytes], text: str) -> bytes:
    """The embedding of a text, or less, where the process ends."""
    assert process.stdin
    assert process.stdout
    with child_process.watchdog(process.kill, _ANSWER_SECONDS):
        try:
            process.stdin.write(json.dumps(text).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return b""
        return process.stdout.read(_BYTES)


# Each takes a core. The one that was used last is used next, so that others end where there is little to do.
_PROCESSES: Final[LifoQueue[_EmbeddingProcess]] = LifoQueue()
for _ in range(max(1, (os.cpu_count() or 1) // 2)):
    _PROCESSES.put(_EmbeddingProcess())
