"""Latency of examining an untrusted file, in a process of the fork server and in one that starts Python."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Final

from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median
from content_pipeline.core.infrastructure.processes import child_process
from content_pipeline.core.media import untrusted
from tests.media.samples import SPEECH

_TIMES: Final = 40


def measure(environment: Environment) -> Iterator[Figure]:
    untrusted.probe(SPEECH)  # starts the server
    times = environment.times(_TIMES)
    yield Figure(
        "a sound is examined, median",
        _milliseconds(lambda: untrusted.probe(SPEECH), times),
        "ms",
        Reference("in a process that starts Python", _milliseconds(_started_anew, times)),
        Target(0.25, of="ratio"),
        samples=times,
    )


def _milliseconds(act: Callable[[], object], times: int) -> float:
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        spent.append(1000 * (time.perf_counter() - began))
    return median(spent)


def _started_anew() -> None:
    command = [sys.executable, "-m", "content_pipeline.core.media.untrusted_process", "probe"]
    with (
        SPEECH.open("rb") as file,
        tempfile.TemporaryFile() as said,
        child_process.spawn(
            command, memory=untrusted.MEMORY_BYTES, variables=child_process.environment(), stdin=file, stderr=said
        ) as process,
    ):
        assert process.stdout
        assert process.stdout.read()
        assert process.wait() == 0
