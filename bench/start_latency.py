"""Start latency: from an accepted request to the start of its run, on an idle stack."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median, quantile
from tests.polling import until
from tests.stack.client import Client


@dataclass(frozen=True)
class Start:
    """Seconds until a run has started: `accepted` by the task's timestamps, `sent` as the client measures it."""

    task_id: str
    accepted: float
    sent: float


def measure(environment: Environment) -> Iterator[Figure]:
    fresh = Reference("a fresh interpreter", median([_fresh() for _ in range(3)]))
    starts = _starts(environment, environment.sentence, environment.times(21))
    yield from _figures("interactive", starts, fresh, median_target=Target(0.15))
    starts = _starts(environment, environment.recording, environment.times(21))
    yield from _figures("queued (media)", starts, fresh, Target(0.8), Target(1.2))


def _fresh() -> float:
    """Start-up seconds of a run with its own interpreter, as with Dagster's default launcher."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import content_pipeline.definitions"], check=True)
    return time.monotonic() - began


def _starts(environment: Environment, recording: Path, times: int) -> list[Start]:
    with environment.client() as client:
        made = []
        for _ in range(times):
            environment.idle()
            time.sleep(random.random())  # the queue is polled every second: hit it at a random moment
            made.append(start(client, recording))
            client.http.post(f"/tasks/{made[-1].task_id}/cancel")
    return made


def start(client: Client, recording: Path) -> Start:
    """Send a recording and wait until its run has started."""

    def started() -> dict[str, Any] | None:
        task = client.task(task_id)
        return task if task["started_at"] else None

    began = time.monotonic()
    task_id = client.caption(recording, language="en")["task_id"]
    task = until(started, seconds=120, what="the start of the run", pause=0.02)
    sent = time.monotonic() - began
    accepted = datetime.fromisoformat(task["started_at"]) - datetime.fromisoformat(task["created_at"])
    return Start(task_id, accepted.total_seconds(), sent)


def _figures(
    name: str, starts: list[Start], fresh: Reference, median_target: Target, late_target: Target | None = None
) -> Iterator[Figure]:
    accepted, sent = [one.accepted for one in starts], [one.sent for one in starts]
    count = len(starts)
    yield Figure(f"start, {name}: median", median(accepted), "s", fresh, median_target, count)
    yield Figure(f"start, {name}: 95 %", quantile(accepted, 0.95), "s", fresh, late_target, count)
    yield Figure(f"start, {name}: median as a client sees it", median(sent), "s", fresh, samples=count)
