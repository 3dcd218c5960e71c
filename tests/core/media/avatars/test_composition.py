import io
from collections.abc import Callable
from pathlib import Path

import av
import ffmpeg
import numpy as np
import pytest
from PIL import Image

from content_pipeline.core.media import thumbnails
from content_pipeline.core.media.avatars import composition
from content_pipeline.core.media.avatars.characters import CHARACTERS
from content_pipeline.core.media.avatars.composition import Scene
from content_pipeline.core.media.ffmpeg import run
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.reels import client_background
from content_pipeline.core.media.reels.client_background import Background
from content_pipeline.core.media.reels.designs import DESIGNS
from content_pipeline.core.speech import narration
from content_pipeline.core.speech.narration import Narration
from content_pipeline.core.speech.voice_selection import choose_voice
from tests.core.media.avatars import mouth_errors
from tests.core.media.reels.test_composition import WHITE_FROM_ONE
from tests.core.media.test_audio_mastering import loudness
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
    background: Background | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Path:
    has_captions = (folder / composition.CAPTIONS).exists()
    scene = Scene(CHARACTERS[character], DESIGN, seed, spoken.seconds, spoken.phonemes, has_captions, background)
    composition.render(folder, scene, spoken.samples, spoken.rate, on_progress=on_progress)
    return folder / composition.OUTPUT


@pytest.fixture(scope="module")
def spoken() -> Narration:
    return _narrate("Hello there. I am new.")


@pytest.fixture(scope="module")
def made(spoken: Narration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("avatar")
    # The captions are lower than in a reel, because the mouth is there.
    (folder / composition.CAPTIONS).write_text(WHITE_FROM_ONE.replace("440,860", "440,1300"))
    return _rendered(folder, spoken)


@pytest.fixture(scope="module")
def plain(spoken: Narration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without captions."""
    return _rendered(tmp_path_factory.mktemp("plain"), spoken)


def _picture(path: Path, seconds: float) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(thumbnails.of_moment(path, seconds))), float)


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


@pytest.mark.nightly
def test_the_mouth_opens_with_the_sound(tmp_path: Path) -> None:
    errors = np.abs(mouth_errors.errors(_rendered(tmp_path, _narrate(SCRIPTS[2]))))
    assert len(errors) >= 7
    assert np.median(errors) <= 0.04
    assert np.quantile(errors, 0.95) <= 0.08


def test_the_mouth_is_shut_before_and_after_the_speech(made: Path, spoken: Narration) -> None:
    areas = mouth_errors.opening_areas(made)
    times, sizes = areas[:, 0], areas[:, 1]
    silent = (times < spoken.phonemes[0].start - 0.1) | (times > spoken.phonemes[-1].end + 0.15)
    assert sizes[silent].max() < 0.1 * sizes.max()


@pytest.mark.nightly
def test_a_video_plays_behind_the_avatar_from_its_start_and_again(
    spoken: Narration, plain: Path, tmp_path: Path
) -> None:
    # A second of red and a second of blue, shorter than the speech.
    colors = [ffmpeg.input(f"color={color}:s=320x240:r=25:d=1", format="lavfi") for color in ("red", "blue")]
    source = ffmpeg.output(ffmpeg.concat(*colors), "source.mp4", pix_fmt="yuv420p")
    run(source, folder=tmp_path, seconds=2, on_progress=lambda _: None)
    (tmp_path / "source.mp4").rename(tmp_path / composition.BACKGROUND)
    background = client_background.inspect(tmp_path / composition.BACKGROUND)
    moving = _rendered(tmp_path, spoken, background=background)
    corners = [_picture(moving, seconds)[5:15, 5:15].mean(axis=(0, 1)) for seconds in (0.5, 1.5, 2.5)]
    assert [("red", "green", "blue")[color.argmax()] for color in corners] == ["red", "blue", "red"]
    assert min(color.max() for color in corners) > 220  # as bright as it is
    for seconds in (0.5, 1.5, 2.5):  # the avatar itself is the same
        figures = [_picture(path, seconds)[110:150, 75:105] for path in (plain, moving)]
        # Single pixels of an edge are coded differently beside another background: 13 at one of 3,600 on one machine.
        assert np.quantile(np.abs(figures[0] - figures[1]), 0.999) <= 12
        np.testing.assert_allclose(*(figure.mean(axis=(0, 1)) for figure in figures), atol=1)  # 27 too red once
    assert probe(moving).seconds == pytest.approx(spoken.seconds, abs=0.05)


def test_progress_rises_to_the_whole(spoken: Narration, tmp_path: Path) -> None:
    shares: list[float] = []
    _rendered(tmp_path, spoken, "kwame", on_progress=shares.append)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


@pytest.mark.nightly
def test_the_same_seed_makes_the_same_video_and_another_another(spoken: Narration, plain: Path, tmp_path: Path) -> None:
    again, other = (_picture(_rendered(tmp_path, spoken, seed=seed), 1.5) for seed in (1, 2))
    first = _picture(plain, 1.5)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 0.5
