"""Time to cancel transcriptions and renders at random moments: queued, starting and running."""

import random
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice

from bench.environment import Environment
from bench.figures import Figure, Target, quantile
from tests.media.samples import talking_video
from tests.polling import until
from tests.stack.client import Client

# After this time the transcription or ffmpeg is running.
LATEST_SECONDS = 4.0


def measure(environment: Environment) -> Iterator[Figure]:
    final, free = [], []
    with environment.client() as client:
        video = client.caption(talking_video(environment.folder / "talk.mp4", size="2560x1440"), language="en")
        assert client.wait_for_task(video["task_id"])["status"] == "done"
        work: dict[str, Callable[[], str]] = {
            "transcription": lambda: client.caption(environment.recording)["task_id"],
            "render": lambda: client.post(f"/captions/{video['caption_id']}/burn-in", json={})["task_id"],
        }
        for begin in islice(cycle(work.values()), environment.times(18)):
            task_id = begin()
            time.sleep(random.uniform(0, LATEST_SECONDS))
            began = time.monotonic()
            _cancel(client, task_id)
            final.append(time.monotonic() - began)
            _wait_until_free(environment, task_id)
            free.append(time.monotonic() - began)
            assert client.task(task_id)["error"]["code"] == "canceled"
    count = len(free)
    yield Figure("cancel: task final, worst", max(final), "s", target=Target(3), samples=count)
    yield Figure("cancel: processes free, 95 %", quantile(free, 0.95), "s", samples=count)
    yield Figure("cancel: processes free, worst", max(free), "s", target=Target(3), samples=count)


def _cancel(client: Client, task_id: str) -> None:
    answer = client.http.post(f"/tasks/{task_id}/cancel")
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "error"


def _wait_until_free(environment: Environment, task_id: str) -> None:
    """Wait until no worker executes a run of the task, and no ffmpeg runs."""
    until(
        lambda: not environment.stack.executing_runs(task_id), seconds=60, what="the end of its execution", pause=0.05
    )
    until(lambda: not environment.stack.ffmpeg_processes(), seconds=60, what="the end of ffmpeg", pause=0.05)
