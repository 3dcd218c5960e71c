"""kill -9 of the process that works: how long until its work goes on elsewhere."""

import random
import time
from collections.abc import Iterator

from bench.figures import Figure, Target, median
from bench.setting import Setting
from tests.stack.harness import Client, until


def measure(setting: Setting) -> Iterator[Figure]:
    with setting.client() as client:
        lost = [_kill(setting, client) for _ in range(setting.times(3))]
    yield Figure("kill -9 → running elsewhere, median", median(lost), "s", samples=len(lost))
    yield Figure("kill -9 → running elsewhere, worst", max(lost), "s", None, Target(30), len(lost))


def _kill(setting: Setting, client: Client) -> float:
    setting.idle()
    task_id = client.caption(setting.recording, language="en")["task_id"]
    client.moving(task_id)
    time.sleep(random.uniform(0, 2))  # heartbeats and looks at them are seconds apart: meet them at any moment
    (before,) = setting.stack.executing(task_id)
    setting.stack.working_process(task_id).kill()
    began = time.monotonic()
    again = "select run_id from executions where subject = :subject and run_id <> :before and not stop"
    subject = f"caption:{task_id.removeprefix('sync_')}"
    until(lambda: setting.stack.sql(again, subject=subject, before=before), seconds=60, what="another run of it")
    seconds = time.monotonic() - began
    client.http.post(f"/tasks/{task_id}/cancel")
    return seconds
