"""Sentence embeddings, computed locally by a pool of worker processes of lower priority (`embedding_worker`).

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
from content_pipeline.core.infrastructure.processes import child_process

Vector: TypeAlias = npt.NDArray[np.float32]

DIMENSIONS: Final = 384

PROGRAM: Final = "content_pipeline.core.twins.embedding_worker"
_BYTES: Final = 4 * DIMENSIONS
# The first text of a process takes 0.4 s, a long one 0.1 s, on a free core.
_ANSWER_SECONDS: Final = 30.0


def embed(text: str) -> Vector:
    """Embed a text: a unit vector of 384 dimensions, so that the dot product is the cosine similarity.

    Only the first 256 tokens count. Raises Unavailable `embedding_failed`.
    """
    worker = _WORKERS.get()
    try:
        return np.frombuffer(worker.embed(text), np.float32)
    finally:
        _WORKERS.put(worker)


def close() -> None:
    """End the workers that embed nothing now."""
    for worker in _WORKERS.queue:
        worker.close()


class _Worker:
    """A process that embeds one text after the other; started with the first, and again when it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def embed(self, text: str) -> bytes:
        vector = _ask(self._process, text) if self._process else b""
        if len(vector) < _BYTES:  # there was no process, or it had no text for a while, or was killed
            self.close()
            self._process = _start()
            vector = _ask(self._process, text)
        if len(vector) < _BYTES:
            self.close()
            raise Unavailable(
                "The process that embeds memories has ended.",
                code="embedding_failed",
                remedy="Try again. If it stays like that, run `content-pipeline doctor`, which checks the model.",
            )
        return vector

    def close(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _start() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", PROGRAM],
        env=child_process.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
    )
    # It would stay as a zombie.
    threading.Thread(target=process.wait, name="embedding worker", daemon=True).start()
    return process


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
_WORKERS: Final[LifoQueue[_Worker]] = LifoQueue()
for _ in range(max(1, (os.cpu_count() or 1) // 2)):
    _WORKERS.put(_Worker())
