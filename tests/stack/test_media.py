"""The corpus and mutations of real files over HTTP: `make media` sends 500, the suite a few. MEDIA_SEED chooses others.

Mutations are sent for captions, as uploads, and behind and under reels. No answer is an error of ours, no task lasts
more than two minutes, no scratch folder or process is left.
"""

import json
import os
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from pytest_httpserver import HTTPServer

from content_pipeline.core.media.probe import probe
from tests.media import corpus, mutations
from tests.media.entrances import IN_TURN, Entrances
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

WHOLE = "MEDIA_FILES" in os.environ
FILES = int(os.environ.get("MEDIA_FILES", "6"))
SEED = int(os.environ.get("MEDIA_SEED", "14"))
CORPUS = [sample for sample in corpus.SAMPLES if WHOLE or sample.name in ("hdr10.mkv", "note.opus", "cut.flv")]
AT_ONCE = 10  # as clients send them, and no more than a plan allows
LONGEST_SECONDS = 120
# How a file may end. Every other code is a fault of ours: `broken`, which is any exception without a code of its own,
# `max_runtime_exceeded`, `ffmpeg_failed`, `ffmpeg_too_slow`, `out_of_memory`, `lost`, `render_unplayable` and so on.
OF_THE_FILE = {
    *("done", "empty_file", "not_media", "not_picture", "heif_picture", "no_audio", "no_video", "music_unusable"),
    *("media_unreadable", "media_truncated", "media_too_short", "media_too_long", "media_too_complex"),
    *("media_too_many_pixels", "media_too_many_streams", "media_too_many_channels"),
    *("media_sample_rate", "media_frame_rate", "media_unsupported", "media_encrypted"),
    *("picture_unreadable", "picture_too_large"),
}


@dataclass(frozen=True)
class End:
    """How a file ended, and how many seconds after it was accepted; one that was refused was not."""

    what: str
    code: str
    seconds: float = 0.0


@pytest.fixture
def entrances(stack: Stack, client: Client) -> Iterator[Entrances]:
    with HTTPServer(port=stack.remote_port) as server:
        yield Entrances(client, server)


@pytest.mark.parametrize("sample", CORPUS, ids=lambda sample: sample.name)
def test_a_file_of_the_corpus_ends_as_the_table_says(
    entrances: Entrances, tmp_path: Path, sample: corpus.Sample
) -> None:
    content = sample.make(tmp_path / sample.name).read_bytes()
    sent = entrances.send("captions", sample.name, content, language=sample.language)
    task = entrances.client.wait_for_task(sent.task_id) if sent.task_id else None
    if not task or task["status"] == "error":
        assert sample.result == f"`{task['error']['code'] if task else sent.end}`"
        return
    path = entrances.client.download(task["result"]["output_url"], tmp_path / "made.mp4")
    made = probe(path)
    assert f"{made.width} × {made.height}, {made.frames_per_second:g} a second" == sample.result
    if sample.check:
        assert sample.check.least <= sample.check.measure(path) <= sample.check.most, sample.check.what


@pytest.mark.sample
def test_broken_files_end_well(stack: Stack, entrances: Entrances, tmp_path: Path) -> None:
    folders, processes = stack.scratch_folders(), _media_processes(stack)  # those of tests before this one
    signals = _signals(stack)
    begun = monotonic()
    ends = list(_ends(entrances, tmp_path))
    spent = monotonic() - begun
    until(lambda: stack.scratch_folders() <= folders, seconds=30, what="the end of all scratch folders")
    until(lambda: _media_processes(stack) <= processes, seconds=30, what="the end of all processes that read media")
    longest = max(ends, key=lambda end: end.seconds)
    counted = Counter(end.code for end in ends).most_common()
    ended = f"{dict(counted)}, processes ended by signals: {dict(_signals(stack) - signals)}"
    print(f"\n{FILES} files of seed {SEED} in {spent:.0f} s, the longest {longest}: {ended}")  # noqa: T201 - for `make media`
    assert [end for end in ends if end.code not in OF_THE_FILE] == []
    assert longest.seconds <= LONGEST_SECONDS


def test_what_counts_as_the_files_fault_is_a_refusal_in_the_list_of_codes() -> None:
    catalog = {known["code"]: known["status"] for known in json.loads(Path("api/error_codes.json").read_text())}
    assert {catalog[code] for code in OF_THE_FILE - {"done"}} == {400, 415}


def _ends(entrances: Entrances, folder: Path) -> Iterator[End]:
    """The end of each of the files. AT_ONCE are under way."""
    random = Random(SEED)
    media, pictures = mutations.originals(folder), mutations.pictures(folder)
    waiting: deque[tuple[str, str]] = deque()
    for number, entrance in zip(range(FILES), cycle(IN_TURN), strict=False):
        takes_pictures = entrance in ("upload", "background_url")
        name, content = mutations.mutated(random, media + pictures if takes_pictures else media)
        what = f"{number}: {name} as {entrance}"
        sent = entrances.send(entrance, name, content)
        if sent.end:
            yield End(what, sent.end)
        if sent.task_id:
            waiting.append((what, sent.task_id))
        if len(waiting) == AT_ONCE:
            yield _end_of_task(entrances.client, *waiting.popleft())
    for what, task_id in waiting:
        yield _end_of_task(entrances.client, what, task_id)


def _end_of_task(client: Client, what: str, task_id: str) -> End:
    """By its own times, as it may have ended long before it is looked at."""
    task = client.wait_for_task(task_id, seconds=2 * LONGEST_SECONDS, of=what)
    end, start = (datetime.fromisoformat(task[name]) for name in ("finished_at", "created_at"))
    code = task["error"]["code"] if task["status"] == "error" else "done"
    return End(what, code, (end - start).total_seconds())


def _media_processes(stack: Stack) -> set[int]:
    return {
        process.pid
        for process in stack.processes()
        if process.name().startswith("ffmpeg") or "untrusted_process" in " ".join(process.cmdline())
    }


def _signals(stack: Stack) -> Counter[str]:
    """By signal, the ends of processes that read files, which count as `media_too_complex`."""
    logs = "".join(path.read_text(errors="replace") for path in (stack.home / "logs").glob("*.log"))
    return Counter(re.findall(r'"signal": "(SIG[A-Z0-9]+)"', logs))
