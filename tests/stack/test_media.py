"""The corpus and mutations of real files over HTTP: `make media` sends 500, the suite a few. MEDIA_SEED chooses others.

No answer is an error of ours, no task lasts more than two minutes, no scratch folder or process is left.
"""

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from content_pipeline.core.media.probe import probe
from tests.media import corpus, mutations
from tests.stack.harness import Client, Stack, until

WHOLE = "MEDIA_FILES" in os.environ
FILES = int(os.environ.get("MEDIA_FILES", "10"))
SEED = int(os.environ.get("MEDIA_SEED", "11"))
CORPUS = corpus.SAMPLES if WHOLE else corpus.SAMPLES[:3]
# Errors of ours: `broken` is any exception without a code of its own.
OURS = {"broken", "ffmpeg_failed", "ffmpeg_too_slow", "out_of_memory", "lost"}


def _send(client: Client, name: str, content: bytes) -> dict[str, Any]:
    """The answer to a request for captions that are burned in; of a refusal the problem."""
    response = client.http.post(
        "/captions/generate", files={"audio_file": (name, content)}, data={"burn_in": "true", "language": "en"}
    )
    assert response.status_code in (202, 400, 413, 415), response.text
    answer: dict[str, Any] = response.json()
    return answer


@pytest.mark.parametrize("sample", CORPUS, ids=lambda sample: sample.name)
def test_a_file_of_the_corpus_ends_as_the_table_says(client: Client, tmp_path: Path, sample: corpus.Sample) -> None:
    path = sample.make(tmp_path / sample.name)
    answer = _send(client, sample.name, path.read_bytes())
    if "code" in answer:
        assert f"`{answer['code']}`" == sample.result
        return
    task = client.wait_for_task(answer["task_id"])
    assert task["status"] == "done", task
    made = probe(client.download(task["result"]["output_url"], tmp_path / "made.mp4"))
    assert f"{made.width} × {made.height}, {made.frames_per_second:g} a second" == sample.result


def test_broken_files_end_well(stack: Stack, client: Client, tmp_path: Path) -> None:
    folders, processes = stack.scratch_folders(), _media_processes(stack)  # those of tests before this one
    files = mutations.originals(tmp_path)
    random = Random(SEED)
    tasks: dict[str, str] = {}
    for number in range(FILES):
        name, content = mutations.mutated(random, files)
        answer = _send(client, name, content)
        if "task_id" in answer:
            tasks[answer["task_id"]] = f"{number}: {name}"
        if len(tasks) % 10 == 0:  # beside each other, as clients send them, and no more than a plan allows
            _assert_ended_well(client, tasks)
            tasks.clear()
    _assert_ended_well(client, tasks)
    until(lambda: stack.scratch_folders() <= folders, seconds=30, what="the end of all scratch folders")
    until(lambda: _media_processes(stack) <= processes, seconds=30, what="the end of all processes that read media")


def _media_processes(stack: Stack) -> set[int]:
    return {
        process.pid
        for process in stack.processes()
        if process.name().startswith("ffmpeg") or "untrusted_process" in " ".join(process.cmdline())
    }


def _assert_ended_well(client: Client, tasks: dict[str, str]) -> None:
    for task_id, name in tasks.items():
        task = client.wait_for_task(task_id, of=name)
        assert task["status"] == "done" or task["error"]["code"] not in OURS, (name, task)
