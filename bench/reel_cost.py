"""CPU cost of one 15 s reel, compared with the same composition in MoviePy."""

import json
import subprocess
import venv
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from bench import baseline_reel
from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median
from content_pipeline.core.media import wav
from content_pipeline.core.media.fonts import EXTRA_BOLD, FontSet, fallback_typefaces
from content_pipeline.core.media.reels import background_loops, designs
from content_pipeline.core.media.reels.captions import EM
from content_pipeline.core.media.reels.phrase_segmentation import segment_phrases
from content_pipeline.core.media.reels.safe_zone import SAFE_LEFT, SAFE_RIGHT

MOVIEPY = "moviepy==2.2.1"

# 15 s of speech.
SCRIPT = (
    "Number 17 of our tips for small studios: write the last line first, then cut half of all the others. Read it "
    "aloud, twice, and listen for the word where you run out of breath. That is where the next cut belongs, and where "
    "the music may begin."
)
_SEED = 1


def measure(environment: Environment) -> Iterator[Figure]:
    folder = environment.folder / "reel"
    folder.mkdir()
    times = environment.times(5)
    environment.idle()
    with baseline_reel.pool(environment, processes=1) as pool:
        made = pool.starmap(baseline_reel.make, [(SCRIPT, _SEED)] * times, chunksize=1)
        seconds = made[0].seconds
        pool.apply(write_parts, (folder, seconds))
    cost = median([reel.cpu_seconds for reel in made]) / seconds
    moviepy = Reference("in MoviePy", _by_moviepy(folder) / seconds)
    what = f"CPU seconds of a second of reel, {seconds:.0f} s long"
    yield Figure(what, cost, "s", target=Target(0.35), samples=times)
    yield Figure("the same composition", cost, "s", moviepy, Target(0.1, of="ratio"), times)


def write_parts(folder: Path, seconds: float) -> None:
    """Write the parts of the reel that moviepy_reel.py needs: narration, phrases, font and background.

    `seconds` is the length of the reel, with its end card.
    """
    spoken, design = baseline_reel.narrate(SCRIPT), designs.choose(baseline_reel.STYLE_TAGS, _SEED)
    wav.write(spoken.samples, spoken.rate, folder / "narration.wav")
    fonts = FontSet([word.text for word in spoken.words], spoken.language, EXTRA_BOLD)
    shown = segment_phrases(
        spoken.words,
        language=spoken.language,
        seconds=spoken.seconds,
        line=(SAFE_RIGHT - SAFE_LEFT) / EM,
        width=fonts.width,
    )
    reel = {
        "seconds": seconds,
        "phrases": [asdict(phrase) for phrase in shown],
        "name": baseline_reel.NAME,
        "font": str(fallback_typefaces(spoken.language, EXTRA_BOLD)[0].path),
        "accent": design.accent,
        "plate": str(background_loops.background_loop(design).absolute()),
    }
    (folder / "reel.json").write_text(json.dumps(reel))


def _by_moviepy(folder: Path) -> float:
    """CPU seconds in MoviePy, installed into its own venv: it needs an older Pillow."""
    venv_folder = folder / "environment"
    venv.create(venv_folder, with_pip=True)
    python = str(venv_folder / "bin" / "python")
    _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", MOVIEPY])
    script = str(Path(__file__).with_name("moviepy_reel.py"))
    # -P: do not import modules from the script's folder; calendar.py would shadow the standard library's.
    return float(_run(["nice", "-n", "5", python, "-P", script, str(folder)]))


def _run(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
