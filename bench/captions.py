"""Captions of an 11 s clip over the API, compared with the whisper-ctranslate2 command."""

import time
from collections.abc import Iterator
from pathlib import Path

from bench import whisper_command
from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median
from tests.polling import until
from tests.stack.client import Client


def measure(environment: Environment) -> Iterator[Figure]:
    times = environment.times(7)
    ours, theirs = [], []
    with environment.client() as client:
        for _ in range(times):
            environment.idle()
            ours.append(_over_the_api(client, environment.clip))
            theirs.append(_by_command(environment))
    yield Figure(
        "captions of an 11 s clip, POST → done, median",
        median(ours),
        "s",
        Reference("whisper-ctranslate2", median(theirs)),
        Target(0.8, of="ratio"),
        times,
    )


def _over_the_api(client: Client, clip: Path) -> float:
    began = time.monotonic()
    task_id = client.caption(clip, language="en")["task_id"]
    until(lambda: client.task(task_id)["status"] == "done", seconds=60, what="the captions", pause=0.05)
    return time.monotonic() - began


def _by_command(environment: Environment) -> float:
    """The command with its usual options, so without word timestamps and voice activity detection, which we do."""
    began = time.monotonic()
    whisper_command.transcribe(environment, environment.clip, "srt")
    return time.monotonic() - began
