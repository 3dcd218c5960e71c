"""A stack that is stopped during work continues it after the next start."""

from pathlib import Path

from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack


def test_unfinished_work_continues_after_a_restart(stack: Stack, client: Client, long_recording: Path) -> None:
    accepted = client.caption(long_recording)
    client.wait_for_progress(accepted["task_id"])
    stack.down()
    assert stack.processes() == []
    stack.up()
    assert client.wait_for_task(accepted["task_id"])["status"] == "done"
    assert stack.materialized("captions", [accepted["caption_id"]]) == [1]
    until(lambda: not stack.scratch_folders(), seconds=30, what="an empty scratch folder")
