"""Baseline for reels: the product's rendering functions without database, bucket or Dagster."""

import os
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.pool import Pool
from pathlib import Path

from bench.environment import Environment
from content_pipeline.core.media.reels import composition, designs
from content_pipeline.core.media.reels.composition import Scene
from content_pipeline.core.media.reels.designs import Design
from content_pipeline.core.media.reels.text_track import text_track
from content_pipeline.core.speech import narration, voice_selection
from content_pipeline.core.speech.narration import Narration

# The twin that tests/stack/harness.py creates.
NAME, VOICE, STYLE_TAGS = "Tech Creator", "en-US", ["casual"]


@dataclass(frozen=True)
class RenderCost:
    """Length of a reel (seconds), and the CPU seconds of rendering it, ffmpeg's included."""

    seconds: float
    cpu_seconds: float


@contextmanager
def pool(environment: Environment, processes: int) -> Iterator[Pool]:
    """Warm pool of processes: `pool.starmap(baseline_reel.make, …)`."""
    # A folder of its own: the stack's workers could not write into a cache that this process made.
    settings = {**environment.stack.env, "CONTENT_PIPELINE_HOME": str(environment.folder / "baseline")}
    with get_context("spawn").Pool(processes, _initialize, (settings,)) as made:
        # The first one or two reels of a process load models and paint backgrounds.
        made.starmap(make, [("Warm up.", seed) for seed in range(4 * processes)], chunksize=1)
        yield made


def _initialize(env: dict[str, str]) -> None:
    os.environ.update(env)
    os.nice(5)  # like the media lane's workers, so that other load on the machine affects both equally


def make(script: str, seed: int) -> RenderCost:
    """Render a reel into a temporary folder."""
    before = cpu_seconds()
    spoken, design = narrate(script), designs.choose(STYLE_TAGS, seed)
    with tempfile.TemporaryDirectory() as folder:
        seconds = render(Path(folder), spoken, design, seed)
    return RenderCost(seconds, cpu_seconds() - before)


def narrate(script: str) -> Narration:
    return narration.narrate(script, voice_selection.choose_voice(VOICE, script))


def render(folder: Path, spoken: Narration, design: Design, seed: int) -> float:
    """Render a reel into a folder. Returns its length in seconds."""
    document, seconds = text_track(
        spoken.words,
        spoken.seconds,
        language=spoken.language,
        name=NAME,
        title=None,
        call_to_action=None,
        accent=design.accent,
    )
    (folder / composition.CAPTIONS).write_text(document)
    scene = Scene(design, seed, seconds)
    composition.render(folder, scene, spoken.samples, spoken.rate, on_progress=lambda _: None)
    return seconds


def cpu_seconds() -> float:
    """CPU seconds of this process and its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
