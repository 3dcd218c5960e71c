"""The corpus and mutations of real files over HTTP: `make media` sends 500, the suite a few. MEDIA_SEED chooses others.

No answer is an error of ours, no task lasts more than two minutes, no scratch folder or process is left.
"""

import os
from collections import Counter, deque
from datetime import datetime
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import pytest

from content_pipeline.core.media.probe import probe
from tests.media import corpus, mutations
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

WHOLE = "MEDIA_FILES" in os.environ
FILES = int(os.environ.get("MEDIA_FILES", "10"))
SEED = int(os.environ.get("MEDIA_SEED", "11"))
CORPUS = [sample for sample in corpus.SAMPLES if WHOLE or sample.name in ("hdr10.mkv", "note.opus", "cut.flv")]
AT_ONCE = 10  # as clients send them, and no more than a plan allows
# Faults of ours: `broken` is any exception without a code of its own.
OURS = {"broken", "ffmpeg_failed", "ffmpeg_too_slow", "out_of_memory", "lost"}


def _send(client: Client, name: str, content: bytes) -> dict[str, Any]:
    """The answer to a request for captions that are burned in; of a refusal the problem."""
    response = client.http.post(
        "/captions/generate", files={"audio_file": (name, content)}, data={"burn_in": "true", "language": "en"}
    )
    assert response.status_code in (202, 400, 413, 415), response.text
    answer: dict[str, Any] = response.json()
    return answer


def _end(client: Client, name: str, content: bytes, target: Path) -> str:
    """The result as the table has it."""
    answer = _send(client, name, content)
    if "code" in answer:
        return f"`{answer['code']}`"
    task = client.wait_for_task(answer["task_id"])
    if task["status"] == "error":
        return f"`{task['error']['code']}`"
    made = probe(client.download(task["result"]["output_url"], target))
    return f"{made.width} × {made.height}, {made.frames_per_second:g} a second"


@pytest.mark.parametrize("sample", CORPUS, ids=lambda sample: sample.name)
def test_a_file_of_the_corpus_ends_as_the_table_says(client: Client, tmp_path: Path, sample: corpus.Sample) -> None:
    content = sample.make(tmp_path / sample.name).read_bytes()
    assert _end(client, sample.name, content, tmp_path / "made.mp4") == sample.result


def test_broken_files_end_well(stack: Stack, client: Client, tmp_path: Path) -> None:
    folders, processes = stack.scratch_folders(), _media_processes(stack)  # those of tests before this one
    files = mutations.originals(tmp_path)
    random = Random(SEED)
    begun = monotonic()
    waiting: deque[tuple[str, str]] = deque()
    ends: Counter[str] = Counter()
    ours = []
    longest = (0.0, "none")
    for number in range(FILES):
        name, content = mutations.mutated(random, files)
        answer = _send(client, name, content)
        if "code" in answer:
            ends[answer["code"]] += 1
        else:
            waiting.append((answer["task_id"], f"{number}: {name}"))
        while len(waiting) == AT_ONCE or (waiting and number == FILES - 1):
            task_id, name = waiting.popleft()
            task = client.wait_for_task(task_id, of=name)
            code = task["error"]["code"] if task["status"] == "error" else "done"
            if code in OURS:
                ours.append((name, task))
            ends[code] += 1
            longest = max(longest, (_seconds(task), name))
    until(lambda: stack.scratch_folders() <= folders, seconds=30, what="the end of all scratch folders")
    until(lambda: _media_processes(stack) <= processes, seconds=30, what="the end of all processes that read media")
    spent = f"{monotonic() - begun:.0f} s, the longest {longest}"
    print(f"\n{FILES} files of seed {SEED} in {spent}: {dict(ends.most_common())}")  # noqa: T201 - for `make media`
    assert not ours


def _media_processes(stack: Stack) -> set[int]:
    return {
        process.pid
        for process in stack.processes()
        if process.name().startswith("ffmpeg") or "untrusted_process" in " ".join(process.cmdline())
    }


def _seconds(task: dict[str, Any]) -> float:
    """From the request to the end."""
    end, start = (datetime.fromisoformat(task[name]) for name in ("finished_at", "created_at"))
    return (end - start).total_seconds()
