"""Throughput of 100 reels through `POST /bulk/reels`, compared with the same renders in a bare process pool."""

import time
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle, product

from bench import baseline_reel
from bench.environment import Environment
from bench.figures import Figure, Reference, Target
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.settings import Settings
from tests.polling import until
from tests.stack.client import Client

MANY, FEW = 100, 24

# Each is about six seconds of speech.
_SUBJECTS = ("studios", "bakeries", "gardens", "podcasts", "workshops")
_ADVICE = (
    "write the last line first, then cut half of the others.",
    "ask one question a week, and answer it on Friday.",
    "show the mistake of the day before you show the cake.",
    "spend $20 on light before you spend $200 on a lens.",
)

_RENDERS = "select script, seed from reels where batch_id = :batch order by row"


def measure(environment: Environment) -> Iterator[Figure]:
    count, slots = FEW if environment.quick else MANY, Settings().slots_media
    with baseline_reel.pool(environment, slots) as pool, environment.client() as client:
        _batch(client, numbered_scripts(4 * slots))  # workers load their models with their first reels
        environment.idle()
        cpu_before, posted = _stack_cpu_seconds(environment), now()
        batch_id = _batch(client, numbered_scripts(count))
        # Polling sees the end half a second late.
        done = datetime.fromisoformat(client.task(batch_id)["finished_at"])
        environment.idle()
        our_cpu = _stack_cpu_seconds(environment) - cpu_before
        renders = [tuple(row) for row in environment.stack.sql(_RENDERS, batch=batch_id)]
        began = time.monotonic()
        made = pool.starmap(baseline_reel.make, renders, chunksize=1)
        baseline = time.monotonic() - began
    seconds, baseline_cpu = sum(reel.seconds for reel in made), sum(reel.cpu_seconds for reel in made)
    yield Figure(
        f"{count} reels of {seconds / count:.1f} s, POST → done",
        60 * count / (done - posted).total_seconds(),
        "a minute",
        Reference("a bare process pool", 60 * count / baseline),
        Target(0.93, of="ratio", side="at least"),
        count,
    )
    yield Figure(
        "CPU seconds of the whole stack for a second of them",
        our_cpu / seconds,
        "s",
        Reference("a bare process pool", baseline_cpu / seconds),
        samples=count,
    )


def _batch(client: Client, scripts: list[str]) -> str:
    """Create a batch and wait until it is done. Returns its id."""
    batch_id: str = client.batch(*scripts)["batch_id"]
    # It polls rarely, because each poll takes CPU from the renders.
    until(lambda: client.task(batch_id)["status"] == "done", seconds=20 * len(scripts), what="the reels", pause=1.0)
    assert client.task(batch_id)["result"]["failed"] == 0
    return batch_id


def numbered_scripts(count: int) -> list[str]:
    """Distinct scripts of about the same length."""
    openings = cycle(product(_SUBJECTS, _ADVICE))
    numbered = zip(range(1, count + 1), openings, strict=False)
    return [f"Tip {number} for small {subject}: {advice}" for number, (subject, advice) in numbered]


def _stack_cpu_seconds(environment: Environment) -> float:
    """CPU seconds of all its processes and their children that have ended."""
    return sum(sum(process.cpu_times()[:4]) for process in environment.stack.processes())
