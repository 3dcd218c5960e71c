"""Pictures and videos of clients as backgrounds."""

from pathlib import Path

import pytest
from PIL import Image

from content_pipeline.core.errors import MediaUnusable, NotMedia
from content_pipeline.core.media.reels.client_background import inspect, still_image
from tests.media import corpus, photos


@pytest.mark.slow
@pytest.mark.parametrize("sample", corpus.BACKGROUNDS, ids=lambda sample: sample.name)
def test_a_background_of_the_corpus_is_taken_as_the_table_says(sample: corpus.Sample, tmp_path: Path) -> None:
    assert _taken_as(sample.make(tmp_path / sample.name).rename(tmp_path / "background")) == sample.result


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
