"""Caches that an idle process empties, and free memory that it gives back."""

from functools import cache
from pathlib import Path

import pytest

from content_pipeline.core.infrastructure import process_memory


@pytest.mark.slow
def test_what_was_dropped_is_loaded_again_at_its_next_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_memory, "idle_actions", [])
    loads: list[str] = []

    @process_memory.dropped_when_idle
    @cache
    def load(name: str) -> int:
        loads.append(name)
        return len(loads)

    assert [load("base"), load("base")] == [1, 1]
    process_memory.release()
    assert [load("base"), load("base")] == [2, 2]


@pytest.mark.slow
def test_free_memory_goes_back_to_the_system() -> None:
    blocks = [bytes(2_000) for _ in range(40_000)]
    del blocks[:-1]  # the last one keeps the end of the heap in use, and with it all before
    before = _resident_megabytes()
    process_memory.trim()
    assert before - _resident_megabytes() > 40


def _resident_megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
