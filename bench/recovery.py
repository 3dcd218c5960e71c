"""Recovery time: from kill -9 of a pool process until another worker executes its task."""

import random
import time
from collections.abc import Iterator

from bench.environment import Environment
from bench.figures import Figure, Target, median
from tests.polling import until
from tests.stack.client import Client


def measure(environment: Environment) -> Iterator[Figure]:
    with environment.client() as client:
        lost = [_kill(environment, client) for _ in range(environment.times(3))]
    yield Figure("kill -9 → running elsewhere, median", median(lost), "s", samples=len(lost))
    yield Figure("kill -9 → running elsewhere, worst", max(lost), "s", None, Target(30), len(lost))


def _kill(environment: Environment, client: Client) -> float:
    environment.idle()
    task_id = client.caption(environment.recording, language="en")["task_id"]
    client.wait_for_progress(task_id)
    time.sleep(random.uniform(0, 2))  # at a random moment between heartbeats and their checks
    (before,) = environment.stack.executing_runs(task_id)
    environment.stack.pool_process(task_id).kill()
    began = time.monotonic()
    again = "select run_id from executions where subject = :subject and run_id <> :before and not stop"
    subject = f"caption:{task_id.removeprefix('sync_')}"
    until(
        lambda: environment.stack.sql(again, subject=subject, before=before), seconds=60, what="another run", pause=0.1
    )
    seconds = time.monotonic() - began
    client.http.post(f"/tasks/{task_id}/cancel")
    return seconds
