import io
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from content_pipeline.core.media import video
from content_pipeline.core.media.avatars import composition
from content_pipeline.core.media.avatars.characters import CHARACTERS
from content_pipeline.core.media.avatars.composition import Scene
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.reels.designs import DESIGNS
from content_pipeline.core.speech import narration
from content_pipeline.core.speech.narration import Narration
from content_pipeline.core.speech.voice_selection import choose_voice
from tests.core.media.avatars import mouth_errors
from tests.core.media.reels.test_audio_mastering import loudness
from tests.core.media.reels.test_composition import WHITE_FROM_ONE
from tests.core.speech.scripts import SCRIPTS

pytestmark = pytest.mark.slow

DESIGN = next(design for design in DESIGNS if design.name == "silk")


def _narrate(script: str) -> Narration:
    return narration.narrate(script, choose_voice("hibari-heart", script))


def _rendered(
    folder: Path,
    spoken: Narration,
    character: str = mouth_errors.MEASURED_CHARACTER,
    *,
    seed: int = 1,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Path:
    has_captions = (folder / composition.CAPTIONS).exists()
    scene = Scene(CHARACTERS[character], DESIGN, seed, spoken.seconds, spoken.phonemes, has_captions)
    composition.render(folder, scene, spoken.samples, spoken.rate, on_progress=on_progress)
    return folder / composition.OUTPUT


@pytest.fixture(scope="module")
def spoken() -> Narration:
    return _narrate("Hello there. I am new.")


@pytest.fixture(scope="module")
def made(spoken: Narration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("avatar")
    # Lower than in a reel: the mouth is there.
    (folder / composition.CAPTIONS).write_text(WHITE_FROM_ONE.replace("440,860", "440,1300"))
    return _rendered(folder, spoken)


def _picture(path: Path, seconds: float) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(video.thumbnail(path, seconds))), float)


def test_an_avatar_is_what_the_platforms_take(made: Path, spoken: Narration) -> None:
    found = probe(made)
    assert (found.width, found.height, found.frames_per_second) == (1080, 1920, 30)
    assert (found.video_codec, found.audio_codec, found.container) == ("h264", "aac", "mov")
    assert found.seconds == pytest.approx(spoken.seconds, abs=0.05)
    with av.open(str(made)) as container:
        shown, heard = container.streams.video[0].codec_context, container.streams.audio[0].codec_context
        assert (shown.profile, shown.pix_fmt) == ("High", "yuv420p")
        assert (shown.colorspace, shown.color_primaries, shown.color_trc, shown.color_range) == (1, 1, 1, 1)
        assert (heard.sample_rate, heard.layout.name) == (48_000, "stereo")


def test_an_avatar_is_as_loud_as_a_reel(made: Path) -> None:
    integrated, peak = loudness(made)
    assert integrated == pytest.approx(-14, abs=0.5)
    assert peak <= -1


def test_captions_are_drawn_when_they_are_due(made: Path) -> None:
    before, after = (_picture(made, seconds)[225:240, 80:100].mean() for seconds in (0.9, 1.1))
    assert before < 200 < 245 < after


def test_the_mouth_opens_with_the_sound(tmp_path: Path) -> None:
    errors = np.abs(
        [error for script in SCRIPTS[:2] for error in mouth_errors.errors(_rendered(tmp_path, _narrate(script)))]
    )
    assert len(errors) >= 10
    assert np.median(errors) <= 0.04
    assert np.quantile(errors, 0.95) <= 0.08


def test_the_mouth_is_shut_before_and_after_the_speech(made: Path, spoken: Narration) -> None:
    areas = mouth_errors.opening_areas(made)
    times, sizes = areas[:, 0], areas[:, 1]
    silent = (times < spoken.phonemes[0].start - 0.1) | (times > spoken.phonemes[-1].end + 0.15)
    assert sizes[silent].max() < 0.1 * sizes.max()


def test_progress_rises_to_the_whole(spoken: Narration, tmp_path: Path) -> None:
    shares: list[float] = []
    _rendered(tmp_path, spoken, "kwame", on_progress=shares.append)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


def test_the_same_seed_makes_the_same_video_and_another_another(spoken: Narration, tmp_path: Path) -> None:
    first, again, other = (_picture(_rendered(tmp_path, spoken, seed=seed), 1.5) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 0.5
