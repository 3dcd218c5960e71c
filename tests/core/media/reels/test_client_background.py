"""Pictures and videos of clients as backgrounds."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from content_pipeline.core.errors import MediaUnusable, NotMedia
from content_pipeline.core.media.reels.client_background import Background, inspect, still_image
from tests.media import odd, samples


def _picture(path: Path, size: tuple[int, int] = (640, 480), **options: object) -> Path:
    Image.new("RGB", size, (220, 20, 20)).save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_picture_is_known_by_its_bytes(name: str, tmp_path: Path) -> None:
    unnamed = _picture(tmp_path / name).rename(tmp_path / "background")
    assert inspect(unnamed) == Background(640, 480)


@pytest.mark.slow
def test_a_picture_that_was_taken_sideways_is_turned(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert inspect(_picture(tmp_path / "a.jpg", exif=exif)) == Background(480, 640)


@pytest.mark.slow
def test_a_video_is_known_by_its_bytes(tmp_path: Path) -> None:
    unnamed = samples.video(tmp_path / "a.mp4", seconds=1).rename(tmp_path / "background")
    found = inspect(unnamed)
    assert (found.width, found.height, found.pictures is not None) == (320, 180, True)


@pytest.mark.slow
def test_a_gif_is_a_video_and_a_still_one_a_picture(tmp_path: Path) -> None:
    moving, still = (inspect(odd.gif(tmp_path / f"{frames}.gif", frames=frames)) for frames in (10, 1))
    assert (moving.width, moving.height, moving.pictures is not None) == (120, 160, True)
    assert still == Background(120, 160)


@pytest.mark.slow
def test_sixteen_bits_of_gray_stay_gray(tmp_path: Path) -> None:
    Image.fromarray(np.full((90, 60), 0x8000, np.uint16)).save(tmp_path / "gray.png")
    assert still_image(tmp_path / "gray.png").getpixel((0, 0)) == (128, 128, 128)


@pytest.mark.slow
def test_sound_is_no_background(tmp_path: Path) -> None:
    with pytest.raises(MediaUnusable) as refused:
        inspect(samples.audio(tmp_path / "a.mp3", seconds=1))
    assert refused.value.code == "no_video"


@pytest.mark.slow
@pytest.mark.parametrize("data", [b"", b"hello", b"#EXTM3U\nfile:///etc/passwd\n", b"GIF89a" + bytes(50), b"<svg/>"])
def test_anything_else_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "background").write_bytes(data)
    with pytest.raises(NotMedia):
        inspect(tmp_path / "background")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_picture_that_is_cut_off_is_refused(name: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    with pytest.raises(MediaUnusable) as refused:
        inspect(samples.cut(tmp_path / name, tmp_path / "background", 0.5))
    assert refused.value.code == "picture_unreadable"


@pytest.mark.slow
@pytest.mark.parametrize("size", [(12_000, 8_000), (20_000, 10_000)], ids=["large", "a bomb"])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_of_too_many_pixels_is_never_decoded(size: tuple[int, int], tmp_path: Path) -> None:
    Image.new("1", size).save(tmp_path / "background.png")
    with pytest.raises(MediaUnusable) as refused:
        inspect(tmp_path / "background.png")
    assert refused.value.code == "picture_too_large"
