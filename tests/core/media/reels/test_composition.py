"""Rendering of whole reels."""

import colorsys
import io
from collections.abc import Iterator
from fractions import Fraction
from itertools import count, pairwise
from pathlib import Path
from random import Random

import av
import numpy as np
import pytest
from PIL import Image

from content_pipeline.core.errors import MediaUnusable
from content_pipeline.core.media import thumbnails
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, pcm_chunks
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.reels import background_loops, client_background, composition
from content_pipeline.core.media.reels.composition import Scene
from content_pipeline.core.media.reels.designs import DESIGNS
from content_pipeline.core.settings import settings
from tests.backgrounds import share_backgrounds
from tests.core.media.test_audio_mastering import loudness
from tests.media import hdr_sheet, odd, samples

pytestmark = pytest.mark.slow

# Low resolution (SOFT_WIDTH): its background loop is rendered in a second.
DESIGN = next(design for design in DESIGNS if design.name == "silk")
SECONDS = 2.0

# A white square in the center from second 1: needs no font.
WHITE_FROM_ONE = r"""[Script Info]
PlayResX: 1080
PlayResY: 1920

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment, MarginL, MarginR, MarginV, Outline, Shadow
Style: Default,Sans,10,&H00FFFFFF,7,0,0,0,0,0

[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:01.00,0:10:00.00,Default,{\pos(440,860)\p1}m 0 0 l 200 0 200 200 0 200
"""


@pytest.fixture(scope="module", autouse=True)
def _home_of_this_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    home = tmp_path_factory.mktemp("home")
    share_backgrounds(home, tmp_path_factory)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTENT_PIPELINE_HOME", str(home))
        settings.cache_clear()
        yield
    settings.cache_clear()


def _rendered(folder: Path, seed: int = 1, *, seconds: float = SECONDS, has_music: bool = False) -> Path:
    """Render a reel from the files in `folder`."""
    (folder / composition.CAPTIONS).write_text(WHITE_FROM_ONE)
    shown = folder / composition.BACKGROUND
    scene = Scene(DESIGN, seed, seconds, client_background.inspect(shown) if shown.exists() else None, has_music)
    speech = next(pcm_chunks(samples.SPEECH))[: int(seconds * SAMPLE_RATE)]
    composition.render(folder, scene, speech, SAMPLE_RATE, on_progress=lambda share: None)
    return folder / composition.OUTPUT


def _picture(reel: Path, seconds: float) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(thumbnails.of_moment(reel, seconds))), float)


def _hue(picture: np.ndarray) -> float:
    """Of the mean color, in degrees."""
    hue, _, _ = colorsys.rgb_to_hsv(*picture.mean(axis=(0, 1)) / 255)
    return hue * 360


def _lumas(reel: Path) -> list[np.ndarray]:
    """Luma of each frame, every eighth row."""
    with av.open(str(reel)) as container:
        return [frame.to_ndarray(format="gray")[::8].astype(np.float32) for frame in container.decode(video=0)]


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _rendered(tmp_path_factory.mktemp("reel"))


def test_a_reel_is_what_the_platforms_take(reel: Path) -> None:
    made = probe(reel)
    assert (made.width, made.height, made.frames_per_second) == (1080, 1920, 30)
    assert (made.video_codec, made.audio_codec, made.container) == ("h264", "aac", "mov")
    assert made.seconds == pytest.approx(SECONDS, abs=0.05)
    with av.open(str(reel)) as container:
        shown, heard = container.streams.video[0].codec_context, container.streams.audio[0].codec_context
        assert (shown.profile, shown.pix_fmt) == ("High", "yuv420p")
        assert (shown.colorspace, shown.color_primaries, shown.color_trc, shown.color_range) == (1, 1, 1, 1)
        assert (heard.sample_rate, heard.layout.name) == (48_000, "stereo")
    written = reel.read_bytes()
    assert written.index(b"moov") < written.index(b"mdat")


def test_a_reel_is_as_loud_as_the_platforms_play(reel: Path) -> None:
    integrated, peak = loudness(reel)
    assert integrated == pytest.approx(-14, abs=0.5)
    assert peak <= -1


def test_captions_are_drawn_when_they_are_due(reel: Path) -> None:
    before, after = (_picture(reel, seconds)[155:165, 85:95].mean() for seconds in (0.9, 1.1))
    assert before < 200 < 245 < after


def test_a_reel_moves(reel: Path) -> None:
    assert np.abs(_picture(reel, 0.2) - _picture(reel, 0.8)).mean() > 1


def test_the_same_seed_makes_the_same_reel_and_another_another(reel: Path, tmp_path: Path) -> None:
    assert np.array_equal(_lumas(_rendered(tmp_path, 1)), _lumas(reel))
    assert np.abs(_picture(_rendered(tmp_path, 2, seconds=0.7), 0.5) - _picture(reel, 0.5)).mean() > 5


def test_a_reel_goes_on_smoothly_where_its_plate_begins_again(tmp_path: Path) -> None:
    # A seed that starts the loop some frames before its end.
    seed = next(
        seed
        for seed in count()
        if -20 < Random(seed).randrange(background_loops.LOOP_FRAMES) - background_loops.LOOP_FRAMES < -8
    )
    frames = _lumas(_rendered(tmp_path, seed, seconds=0.9))
    assert len(frames) == 27
    steps = [np.abs(one - other).mean() for one, other in pairwise(frames)]
    assert max(steps) < 4 * np.median(steps)


def test_a_long_reel_changes_its_look_and_loses_no_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "MAX_LOOK_SECONDS", 0.5)
    reel = _rendered(tmp_path, seconds=1.4)
    frames = _lumas(reel)
    assert len(frames) == 42
    steps = [np.abs(one - other).mean() for one, other in pairwise(frames)]
    cuts = [number for number, step in enumerate(steps, start=1) if step > 4 * np.median(steps)]
    assert cuts == [14, 28]
    # The hue is turned forwards and backwards in turn, by 5° at least.
    first, second, third = (_hue(_picture(reel, moment)) for moment in (0.2, 0.7, 1.2))
    assert min(first, third) - second > 10


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.mp4"])
def test_a_long_reel_over_a_clients_media_changes_its_framing_and_loses_no_frame(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "MAX_LOOK_SECONDS", 0.5)
    still = ("-frames:v", "1") if name == "a.png" else ()
    source = samples.video(tmp_path / name, *still, size="360x640", rate="30", seconds=2, sound=name == "a.mp4")
    source.rename(tmp_path / composition.BACKGROUND)
    reel = _rendered(tmp_path, seconds=1.4)
    frames, rate = _lumas(reel), probe(reel).frames_per_second
    assert len(frames) == round(1.4 * rate)
    steps = [np.abs(one - other)[:, :400].mean() for one, other in pairwise(frames)]  # beside the caption
    *within, first, second = sorted(range(1, len(frames)), key=lambda number: steps[number - 1])
    look = round(1.4 * rate / 3)
    assert {first, second} == {look, 2 * look}
    assert steps[first - 1] > 1.5 * steps[within[-1] - 1]


@pytest.mark.parametrize("name", ["a.png", "a.mp4"])
def test_a_clients_media_is_shown_nearer_in_every_second_look_and_never_mirrored(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "MAX_LOOK_SECONDS", 0.5)
    still = ("-frames:v", "1") if name == "a.png" else ("-pix_fmt", "yuv420p", "-crf", "4")
    halves = "color=red:s=180x640:d=1[a];color=blue:s=180x640:d=1,drawbox=0:0:20:ih:white:fill[b];[a][b]hstack"
    source = samples.make(tmp_path / name, "-f", "lavfi", "-i", halves, *still)
    source.rename(tmp_path / composition.BACKGROUND)
    reel = _rendered(tmp_path, seconds=1.4)
    shown = [_picture(reel, moment)[100:110].mean(axis=0) for moment in (0.2, 0.7, 1.2)]
    for row in shown:
        assert [int(color.argmax()) for color in (row[5], row[-5])] == [0, 2]
        np.testing.assert_allclose(row[[5, -5]], shown[0][[5, -5]], atol=8)
    far, near, far_again = (int((row.min(axis=1) > 80).sum()) for row in shown)  # width of the white stripe
    assert far_again == far > 8
    assert 1.1 < near / far < 1.5


def test_a_picture_moves_one_pixel_a_frame_darker_and_without_its_place(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    columns = np.random.default_rng(0).integers(0, 255, (1, 60, 3), np.uint8)
    striped = Image.fromarray(columns).resize((2400, 1600), Image.Resampling.NEAREST)
    striped.save(tmp_path / composition.BACKGROUND, "JPEG", exif=exif)
    assert b"taken at home" in (tmp_path / composition.BACKGROUND).read_bytes()
    reel = _rendered(tmp_path, seconds=1)
    early, late = (frame.mean(axis=0) for frame in _lumas(reel)[:21:20])
    shifts = {shift: np.abs(np.roll(early, shift) - late)[50:-50].mean() for shift in range(-40, 41)}
    assert abs(min(shifts, key=lambda shift: shifts[shift])) == 20
    assert early.max() < 0.7 * 255
    assert b"taken at home" not in reel.read_bytes()


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_a_picture_with_holes_is_shown(name: str, tmp_path: Path) -> None:
    Image.new("RGBA", (50, 90), (0, 255, 0, 128)).save(tmp_path / name)
    (tmp_path / name).rename(tmp_path / composition.BACKGROUND)
    shown = _picture(_rendered(tmp_path, seconds=0.5), 0.2)
    assert shown[..., 1].mean() > 60 > shown[..., 0].mean()


def test_a_video_is_repeated_without_its_sound_and_fills_the_frame(tmp_path: Path) -> None:
    clip = samples.video(tmp_path / "a.mp4", "-vf", "drawbox=color=red:t=fill:enable='lt(t,0.5)'", seconds=1)
    clip.rename(tmp_path / composition.BACKGROUND)
    reel = _rendered(tmp_path)
    reds = [_picture(reel, seconds)[5:-5, :, 0].mean() > 3 * _picture(reel, seconds)[5:-5, :, 1].mean()
            for seconds in (0.25, 0.75, 1.25, 1.75)]  # fmt: skip
    assert reds == [True, False, True, False]
    assert loudness(reel)[0] == pytest.approx(-14, abs=0.5)


@pytest.mark.parametrize(
    ("rate", "made"), [("24000/1001", "24000/1001"), ("25", "25"), ("50", "25"), ("60000/1001", "30000/1001")]
)
def test_a_reel_has_the_frame_rate_of_the_video_behind_it_and_shows_each_of_its_frames_once(
    rate: str, made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "MAX_LOOK_SECONDS", 0.5)
    source = samples.video(tmp_path / "a.mp4", size="360x640", rate=rate, seconds=2)
    source.rename(tmp_path / composition.BACKGROUND)
    reel = _rendered(tmp_path, seconds=1.4)
    with av.open(str(reel)) as container:
        assert container.streams.video[0].average_rate == Fraction(made)
    frames = _lumas(reel)
    assert len(frames) == pytest.approx(1.4 * Fraction(made), abs=1)
    steps = [np.abs(one - other)[:, :400].mean() for one, other in pairwise(frames)]  # beside the caption
    assert min(steps) > 0.5 * np.median(steps), "a frame was shown twice"


def test_backgrounds_in_hdr_and_gifs_are_in_the_colors_that_were_seen(tmp_path: Path) -> None:
    for source in odd.hdr(tmp_path / "a.mkv", "hlg", size="90x160"), odd.gif(tmp_path / "a.gif"):
        source.rename(tmp_path / composition.BACKGROUND)
        shown = _picture(_rendered(tmp_path, seconds=0.5), 0.2)[20:60].mean(axis=(0, 1))
        # Darkened by a third, in the eight bits of a GIF 182, 36 and 0.
        np.testing.assert_allclose(shown, 0.66 * np.array(odd.RED), atol=20 if source.suffix == ".gif" else 8)


@pytest.mark.nightly
def test_a_reel_over_hdr_looks_like_the_same_over_sdr() -> None:
    """Patches of up to 214 of 255, of which tone mapping changes only what is above 190."""
    sdr, *hdr = (np.asarray(reel, float)[hdr_sheet.MODERATE] for reel in hdr_sheet.reels())
    for found in hdr:
        assert np.abs(found - sdr).mean() < 3


@pytest.mark.parametrize("size", ["640x16", "16x640"])
def test_a_video_that_is_a_strip_fills_the_frame(size: str, tmp_path: Path) -> None:
    samples.video(tmp_path / "a.mp4", size=size, seconds=1).rename(tmp_path / composition.BACKGROUND)
    made = probe(_rendered(tmp_path, seconds=0.5))
    assert (made.width, made.height) == (1080, 1920)


def test_a_video_that_cannot_be_repeated_is_the_files_fault(tmp_path: Path) -> None:
    samples.video(tmp_path / "a.flv", size="64x64", seconds=1).rename(tmp_path / composition.BACKGROUND)
    with pytest.raises(MediaUnusable, match="cannot be played again"):
        _rendered(tmp_path, seconds=1.8)


@pytest.mark.parametrize("options", [["-vf", "setsar=2"], ["-pix_fmt", "yuvj420p"], ["-c:v", "ffv1"]])
def test_a_video_of_any_kind_comes_out_alike(options: list[str], tmp_path: Path) -> None:
    samples.video(tmp_path / "a.mkv", *options, seconds=1, rate="12").rename(tmp_path / composition.BACKGROUND)
    made = probe(_rendered(tmp_path, seconds=0.5))
    assert (made.width, made.height, made.frames_per_second) == (1080, 1920, 24)


def test_music_is_heard_in_what_the_narration_leaves_silent(tmp_path: Path) -> None:
    samples.audio(tmp_path / "a.mp3").rename(tmp_path / composition.MUSIC)
    integrated, peak = loudness(_rendered(tmp_path, has_music=True))
    assert integrated == pytest.approx(-14, abs=0.5)
    assert peak <= -1
