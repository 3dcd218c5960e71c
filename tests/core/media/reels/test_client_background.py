"""Pictures and videos of clients as backgrounds."""

from pathlib import Path

import ffmpeg
import pytest
from PIL import Image

from content_pipeline.core.errors import MediaUnusable, NotMedia
from content_pipeline.core.media.ffmpeg import run
from content_pipeline.core.media.reels.client_background import Framing, background_stream, inspect, still_image
from tests.media import containers, corpus, photos


@pytest.mark.slow
@pytest.mark.parametrize("sample", corpus.BACKGROUNDS, ids=lambda sample: sample.name)
def test_a_background_of_the_corpus_is_taken_as_the_table_says(sample: corpus.Sample, tmp_path: Path) -> None:
    assert _taken_as(sample.make(tmp_path / sample.name).rename(tmp_path / "background")) == sample.result


@pytest.mark.slow
def test_pictures_in_an_unknown_codec_are_passed_over(tmp_path: Path) -> None:
    """Of the two tracks of a MOV the second one, which is blue, can be decoded."""
    background = inspect(containers.unknown_codec_first(tmp_path / "a.mov"))
    stream = background_stream(tmp_path, "a.mov", background, [Framing()], frames=1)
    output = ffmpeg.output(stream, "a.png", vframes=1)
    run(output, folder=tmp_path, seconds=1, on_progress=lambda share: None)
    red, _, blue = Image.open(tmp_path / "a.png").convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert blue > 100 > red


@pytest.mark.slow
@pytest.mark.parametrize(("milliseconds", "rate"), [(50, 30), (40, 25), (100, 30), (60, 30), (20, 25)])
def test_a_reel_over_a_gif_has_its_frame_rate_or_a_usual_one(tmp_path: Path, milliseconds: int, rate: int) -> None:
    frames = [Image.new("RGB", (48, 64), (shade, 0, 0)) for shade in range(0, 250, 10)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=milliseconds)
    assert inspect(tmp_path / "a.gif").frame_rate == rate


@pytest.mark.slow
def test_sixteen_bits_of_gray_stay_gray(tmp_path: Path) -> None:
    assert still_image(photos.deep_gray(tmp_path / "gray.png")).getpixel((0, 0)) == (128, 128, 128)


@pytest.mark.slow
@pytest.mark.parametrize("data", [b"", b"hello", b"#EXTM3U\nfile:///etc/passwd\n", b"GIF89a" + bytes(50), b"<svg/>"])
def test_anything_else_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "background").write_bytes(data)
    with pytest.raises(NotMedia):
        inspect(tmp_path / "background")


@pytest.mark.slow
@pytest.mark.parametrize("size", [(12_000, 8_000), (20_000, 10_000)], ids=["large", "a bomb"])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_of_too_many_pixels_is_never_decoded(size: tuple[int, int], tmp_path: Path) -> None:
    Image.new("1", size).save(tmp_path / "background.png")
    with pytest.raises(MediaUnusable) as refused:
        inspect(tmp_path / "background.png")
    assert refused.value.code == "picture_too_large"


def _taken_as(path: Path) -> str:
    try:
        found = inspect(path)
    except (MediaUnusable, NotMedia) as refused:
        return f"`{refused.code}`"
    return f"{'video' if found.pictures else 'picture'}, {found.width} × {found.height}"
