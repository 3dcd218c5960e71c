"""Memory of the stack: just started, with all media slots at work, and at rest after reels, captions and posts.

In proportional set size, which counts a page that processes share once. The stack is new if this benchmark is the
first one.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import psutil

from bench.environment import Environment
from bench.figures import Figure, Reference, Target
from bench.reels import numbered_scripts
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

REELS, CAPTIONS, POSTS = 40, 10, 6

# Longer than a process of a worker keeps its models (engine/idle.py).
_SETTLED_SECONDS, _PAUSE_SECONDS = 75, 2.0
# A stack that does nothing but its sensors' ticks varies by about this much.
_SETTLED_SHARE = 0.02

# MB of each part.
Memory = Counter[str]


def measure(environment: Environment) -> Iterator[Figure]:
    environment.idle()
    fresh = _settled(environment.stack)
    yield Figure("memory of a stack just started", fresh.total() / 1000, "GB", target=Target(1.5))
    count = environment.times(REELS)
    with environment.client() as client:
        batch_id, at_work = _make_reels(environment.stack, client, count)
        yield Figure("with all media slots at work, most", at_work.total() / 1000, "GB", target=Target(4.0))
        _make_captions(environment, client)
        _post(environment, client, batch_id)
    environment.idle()
    at_rest = _settled(environment.stack)
    yield Figure("at rest after reels, captions and posts", at_rest.total() / 1000, "GB", target=Target(3.0))
    for part, megabytes in at_rest.most_common():
        yield Figure(f"at rest, {part}", megabytes, "MB", Reference("just started", fresh[part]))


def _make_reels(stack: Stack, client: Client, count: int) -> tuple[str, Memory]:
    """Make a batch of reels. Returns its id, and the memory when the stack took the most."""
    batch_id: str = client.batch(*numbered_scripts(count))["batch_id"]
    most = Memory()

    def is_done() -> bool:
        nonlocal most
        most = max(most, _memory(stack), key=Memory.total)
        return client.task(batch_id)["status"] == "done"

    until(is_done, seconds=30 * count, what="the reels", pause=_PAUSE_SECONDS)
    assert client.task(batch_id)["result"]["failed"] == 0
    return batch_id, most


def _make_captions(environment: Environment, client: Client) -> None:
    """At once, so that every interactive process works on some of them; one long recording in the media lane."""
    recordings = [environment.clip] * environment.times(CAPTIONS) + [environment.recording]
    tasks = [client.caption(recording, language="en")["task_id"] for recording in recordings]
    assert {client.wait_for_task(task_id, seconds=300)["status"] for task_id in tasks} == {"done"}


def _post(environment: Environment, client: Client, batch_id: str) -> None:
    """Post reels of the batch on all platforms of the sandbox at once."""
    for platform in PLATFORMS:
        client.connect(environment.stack.sandbox, platform)
    reels = [job["job_id"] for job in client.jobs(batch_id)][: environment.times(POSTS)]
    posts = [
        result["task_id"]
        for reel in reels
        for result in client.post(
            "/social/publish", json={"platforms": list(PLATFORMS), "reel_id": reel, "caption": f"A post {uuid4()}"}
        )["results"]
    ]
    assert {client.wait_for_task(task_id, seconds=300)["status"] for task_id in posts} == {"done"}


def _settled(stack: Stack) -> Memory:
    """The memory once its sum has stayed about the same for long."""
    since, before = time.monotonic(), _memory(stack)

    def has_settled() -> Memory | None:
        nonlocal since, before
        memory = _memory(stack)
        if abs(memory.total() - before.total()) > _SETTLED_SHARE * before.total():
            since, before = time.monotonic(), memory
        return memory if time.monotonic() - since >= _SETTLED_SECONDS else None

    return until(has_settled, seconds=600, what="a memory that stays the same", pause=_PAUSE_SECONDS)


def _memory(stack: Stack) -> Memory:
    memory = Memory()
    for pid, part in _parts(stack).items():
        with suppress(psutil.NoSuchProcess):
            memory[part] += psutil.Process(pid).memory_full_info().pss / 1e6
    return memory


def _parts(stack: Stack) -> dict[int, str]:
    """The part that each process of the stack belongs to, ffmpeg's and the database's own processes included."""
    named = {process.pid: part for part, members in stack.services().items() for process in members}
    return {process.pid: "supervisor" for process in stack.processes()} | named
