"""Canceling a task in any state: task and processes end, and the worker slot stays usable."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.media.samples import SPEECH, talking_video
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack


def cancel(stack: Stack, client: Client, task_id: str) -> None:
    """Cancel, and check that its run and execution end and that nothing launches it again."""
    response = client.http.post(f"/tasks/{task_id}/cancel")
    assert response.status_code == 202, response.text
    assert response.json()["error"]["code"] == "canceled"
    until(lambda: _statuses(stack, task_id) <= {"CANCELED"}, seconds=60, what="the cancel of its runs")
    until(lambda: not stack.executing_runs(task_id), seconds=60, what="the end of its execution")
    assert client.task(task_id)["error"]["code"] == "canceled"
    assert len(stack.runs(task_id)) <= 1


def _statuses(stack: Stack, task_id: str) -> set[str]:
    return {run["status"] for run in stack.runs(task_id)}


MOMENTS: dict[str, Callable[[Stack, Client, str], object]] = {
    "accepted": lambda stack, client, task: None,
    "queued": lambda stack, client, task: until(lambda: stack.runs(task), seconds=30, what="its run"),
    "starting": lambda stack, client, task: until(
        lambda: _statuses(stack, task) & {"STARTING", "STARTED"}, seconds=60, what="its start"
    ),
    "begun": lambda stack, client, task: until(lambda: stack.executing_runs(task), seconds=60, what="its execution"),
    "transcribing": lambda stack, client, task: client.wait_for_progress(task),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_task_can_be_canceled_when_it_is(stack: Stack, client: Client, long_recording: Path, moment: str) -> None:
    task_id = client.caption(long_recording)["task_id"]
    MOMENTS[moment](stack, client, task_id)
    cancel(stack, client, task_id)


def test_a_cancel_ends_ffmpeg_and_frees_the_slot(stack: Stack, client: Client, tmp_path: Path) -> None:
    of_killed_runs = stack.scratch_folders()  # other tests kill workers, and these go when the next one starts
    accepted = client.caption(talking_video(tmp_path / "talk.mp4", size="2560x1440"))
    assert client.wait_for_task(accepted["task_id"])["status"] == "done"
    burning = client.post(f"/captions/{accepted['caption_id']}/burn-in", json={})
    until(lambda: stack.ffmpeg_processes(), seconds=60, what="ffmpeg")
    cancel(stack, client, burning["task_id"])
    until(lambda: not stack.ffmpeg_processes(), seconds=30, what="the end of ffmpeg")
    assert client.wait_for_task(client.caption(SPEECH)["task_id"])["status"] == "done"
    assert stack.scratch_folders() <= of_killed_runs


def test_a_final_task_cannot_be_canceled(client: Client) -> None:
    task_id = client.caption(SPEECH)["task_id"]
    client.wait_for_task(task_id)
    response = client.http.post(f"/tasks/{task_id}/cancel")
    assert (response.status_code, response.json()["code"]) == (409, "task_final")


@pytest.mark.smoke
def test_a_canceled_task_can_be_retried(client: Client, long_recording: Path) -> None:
    task_id = client.caption(long_recording)["task_id"]
    client.http.post(f"/tasks/{task_id}/cancel")
    again = client.post(f"/tasks/{task_id}/retry")
    assert again["task_id"] != task_id
    assert client.wait_for_task(again["task_id"])["status"] == "done"
