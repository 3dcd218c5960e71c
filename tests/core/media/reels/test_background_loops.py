"""Cached background loops."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import av
import numpy as np
import pytest

from content_pipeline.core.media.reels import background_loops
from content_pipeline.core.media.reels.designs import DESIGNS
from content_pipeline.core.settings import settings

pytestmark = pytest.mark.slow

# Low resolution (SOFT_WIDTH), rendered in a second.
DESIGN = next(design for design in DESIGNS if design.name == "silk")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CONTENT_PIPELINE_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def _frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(np.float32) for frame in container.decode(video=0)]


def test_a_plate_is_made_once_in_the_painted_colours_and_ends_where_it_begins(home: Path) -> None:
    made = background_loops.background_loop(DESIGN)
    changed = made.stat().st_mtime_ns
    frames = _frames(made)
    assert len(frames) == background_loops.LOOP_FRAMES
    painted = 255 * DESIGN.pattern(DESIGN.colors)(0.0).transpose(1, 2, 0)
    assert np.abs(frames[0] - painted).mean() < 2
    steps = [np.abs(one - other).mean() for one, other in zip(frames, [*frames[1:], frames[0]], strict=True)]
    assert 0 < steps[-1] < 1.5 * max(steps[:-1])
    assert background_loops.background_loop(DESIGN) == made
    assert made.stat().st_mtime_ns == changed


@pytest.mark.nightly
def test_two_processes_that_make_one_at_once_make_the_same(home: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        one, other = pool.map(background_loops.background_loop, [DESIGN, DESIGN])
    assert one == other
    assert len(_frames(one)) == background_loops.LOOP_FRAMES
    assert [path.name for path in one.parent.iterdir()] == [one.name]
