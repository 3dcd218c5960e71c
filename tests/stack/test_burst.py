"""Load test: a burst of tasks over two workers of one queue. `make burst` runs 300; the test suite fewer."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.media.samples import audio
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

TASKS = int(os.environ.get("BURST_TASKS", "40"))


@pytest.mark.sample
def test_each_of_a_burst_is_done_exactly_once_and_both_workers_take_part(
    stack: Stack, client: Client, tmp_path: Path
) -> None:
    silence = audio(tmp_path / "silence.wav", "anullsrc=r=16000:cl=mono:d={seconds}", seconds=1)
    workers: set[str] = set()

    def is_over() -> bool:
        workers.update(
            # Runs of earlier tests may still end in the workers of other lanes.
            worker
            for (worker,) in stack.sql("select distinct worker from executions where worker like '%interactive%'")
        )
        query = "select count(*) from tasks where id = any(:ids) and state in ('queued', 'processing', 'waiting')"
        return stack.sql(query, ids=ids)[0][0] == 0

    with stack.extra_worker("interactive"):
        with ThreadPoolExecutor(8) as pool:
            accepted = list(pool.map(lambda _: client.caption(silence), range(TASKS)))
        ids = [one["task_id"] for one in accepted]
        until(is_over, seconds=300, what="the end of the burst")
    states = Counter(state for (state,) in stack.sql("select state from tasks where id = any(:ids)", ids=ids))
    assert states == {"done": TASKS}
    assert stack.materialized("captions", [one["caption_id"] for one in accepted]) == [1] * TASKS
    assert len(workers) == 2, workers
