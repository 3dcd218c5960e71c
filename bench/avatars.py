"""CPU cost of a talking avatar, and how far its mouth is from the sound, measured from the finished file."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import baseline_reel
from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median, quantile
from content_pipeline.core.media.avatars import captions, composition
from content_pipeline.core.media.avatars.characters import CHARACTERS
from content_pipeline.core.media.avatars.composition import Scene
from content_pipeline.core.media.reels import designs
from content_pipeline.core.speech.narration import Narration
from tests.core.media.avatars import mouth_errors
from tests.core.speech.scripts import SCRIPTS

# A character per script, with much and with little hair; of the first the mouth is measured.
_CHARACTERS = (mouth_errors.MEASURED_CHARACTER, "tom", "maya", "kwame")


def measure(environment: Environment) -> Iterator[Figure]:
    scripts = SCRIPTS[: environment.times(len(SCRIPTS))]
    environment.idle()
    with baseline_reel.pool(environment, processes=1) as pool:
        reels = pool.starmap(baseline_reel.make, [(script, 1) for script in scripts], chunksize=1)
        costs = pool.starmap(_cpu_costs, zip(scripts, _CHARACTERS, strict=False), chunksize=1)
        errors = [error for found in pool.map(_mouth_errors, scripts, chunksize=1) for error in found]
    reel = Reference("of a reel", sum(one.cpu_seconds for one in reels) / sum(one.seconds for one in reels))
    what = "CPU seconds of a second of avatar, with captions"
    yield Figure(what, median([again for _, again in costs]), "s", reel, Target(0.9), len(costs))
    most = max(first for first, _ in costs)
    yield Figure("the same, a character's first in a process, at most", most, "s", reel, Target(0.9), len(costs))
    distances = [abs(error) for error in errors]
    yield Figure("mouth from sound, median", 1000 * median(distances), "ms", target=Target(40), samples=len(errors))
    yield Figure(
        "mouth from sound, 95 %", 1000 * quantile(distances, 0.95), "ms", target=Target(80), samples=len(errors)
    )


def _cpu_costs(script: str, character: str) -> tuple[float, float]:
    """CPU seconds of a second: of the first render, which draws the character, and of the next; a worker keeps it."""
    spoken = baseline_reel.narrate(script)
    with tempfile.TemporaryDirectory() as folder:
        times = [baseline_reel.cpu_seconds()]
        for _ in range(2):
            _render(Path(folder), spoken, character)
            times.append(baseline_reel.cpu_seconds())
    return (times[1] - times[0]) / spoken.seconds, (times[2] - times[1]) / spoken.seconds


def _mouth_errors(script: str) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        _render(Path(folder), baseline_reel.narrate(script), mouth_errors.MEASURED_CHARACTER)
        return mouth_errors.errors(Path(folder) / composition.OUTPUT)


def _render(folder: Path, spoken: Narration, character: str) -> None:
    design = designs.choose(baseline_reel.STYLE_TAGS, seed=1)
    document = captions.caption_track(
        spoken.words, language=spoken.language, seconds=spoken.seconds, accent=design.accent
    )
    (folder / composition.CAPTIONS).write_text(document)
    scene = Scene(CHARACTERS[character], design, 1, spoken.seconds, spoken.phonemes, has_captions=True)
    composition.render(folder, scene, spoken.samples, spoken.rate, on_progress=lambda _: None)
