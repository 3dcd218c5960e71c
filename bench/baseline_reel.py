"""Reels by the product's own functions with nothing around them: no database, no bucket, no Dagster."""

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
from content_pipeline.core.media.reels import captions, composition, designs
from content_pipeline.core.media.reels.composition import Scene
from content_pipeline.core.media.reels.designs import Design
from content_pipeline.core.speech import narration, voice_selection
from content_pipeline.core.speech.narration import Narration

# As tests/stack/harness.py makes its twins.
NAME, VOICE, STYLE_TAGS = "Tech Creator", "en-US", ["casual"]


@dataclass(frozen=True)
class RenderCost:
    """How long a reel is, and the CPU seconds that it took, ffmpeg's included."""

    seconds: float
    cpu_seconds: float


@contextmanager
def pool(environment: Environment, processes: int) -> Iterator[Pool]:
    """Warm processes that make reels with the stack's own files: `pool.map(baseline_reel.make, …)`."""
    with get_context("spawn").Pool(processes, _initialize, (environment.stack.env,)) as made:
        # Until a process has made one or two, models are loaded and plates painted.
        made.starmap(make, [("Warm up.", seed) for seed in range(4 * processes)], chunksize=1)
        yield made


def _initialize(env: dict[str, str]) -> None:
    os.environ.update(env)
    os.nice(5)  # like the workers of the media lane, so that other work on the machine takes as much from both


def make(script: str, seed: int) -> RenderCost:
    """Make a reel and throw it away."""
    before = _cpu_seconds()
    spoken, design = narrate(script), designs.choose(STYLE_TAGS, seed)
    with tempfile.TemporaryDirectory() as folder:
        render(Path(folder), spoken, design, seed)
    return RenderCost(spoken.seconds, _cpu_seconds() - before)


def narrate(script: str) -> Narration:
    return narration.narrate(script, voice_selection.choose_voice(VOICE, script))


def render(folder: Path, spoken: Narration, design: Design, seed: int) -> None:
    document = captions.caption_track(
        spoken.words, language=spoken.language, seconds=spoken.seconds, name=NAME, title=None, accent=design.accent
    )
    (folder / composition.CAPTIONS).write_text(document)
    scene = Scene(design, seed, spoken.seconds)
    composition.render(folder, scene, spoken.samples, spoken.rate, on_progress=lambda _: None)


def _cpu_seconds() -> float:
    """Of this process and its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
