"""HEIC photos of phones, as they are shown."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from content_pipeline.core.errors import Error, InternalError, MediaUnusable, NotMedia
from content_pipeline.core.media import heif, picture_decoding, untrusted
from content_pipeline.core.media.reels import client_background
from tests.media import heif_files

# Each picture is read in a process of its own.
pytestmark = pytest.mark.slow

FORMATS = [heif.FORMAT]
RED, GREEN, BLUE = (190, 30, 30), (30, 150, 40), (30, 40, 190)

# Colorants of Display P3 as profiles have them, adapted to D50.
_P3 = {b"rXYZ": (0.5151, 0.2412, -0.0011), b"gXYZ": (0.2919, 0.6922, 0.0419), b"bXYZ": (0.1572, 0.0666, 0.7841)}


def _shown(path: Path, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(untrusted.picture(path, FORMATS, size), int)


def _flag() -> Image.Image:
    """Red left, and on the right green above blue: 150 × 100, in tiles that are cut at the right and below."""
    flag = Image.new("RGB", (150, 100), RED)
    flag.paste(GREEN, (75, 0, 150, 50))
    flag.paste(BLUE, (75, 50, 150, 100))
    return flag


def _turned(quarters: int) -> bytes:
    return heif_files.box(b"irot", bytes([quarters]))


def _mirrored(axis: int) -> bytes:
    return heif_files.box(b"imir", bytes([axis]))


def _colors(primaries: int, transfer: int) -> bytes:
    return heif_files.box(b"colr", b"nclx", struct.pack(">HHHB", primaries, transfer, 6, 0x80))


def _display_p3() -> bytes:
    """An ICC profile with the colorants of Display P3 and a gamma of 2.2."""

    def fixed(*numbers: float) -> bytes:
        return struct.pack(f">{len(numbers)}i", *(round(number * 65_536) for number in numbers))

    tags = {kind: b"XYZ " + bytes(4) + fixed(*color) for kind, color in _P3.items()}
    tags[b"wtpt"] = b"XYZ " + bytes(4) + fixed(0.9642, 1.0, 0.8249)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), b"curv" + bytes(4) + struct.pack(">IHxx", 1, 0x0233))
    at, table = 132 + 12 * len(tags), struct.pack(">I", len(tags))
    for kind, content in tags.items():
        table += kind + struct.pack(">II", at, len(content))
        at += len(content)
    head = struct.pack(">I4xI", at, 0x02100000) + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    return (head + fixed(0.9642, 1.0, 0.8249)).ljust(128, b"\0") + table + b"".join(tags.values())


def test_a_drawing_in_tiles_is_whole() -> None:
    """libheif wrote it, and shows these colors itself."""
    assert untrusted.picture_size(heif_files.DRAWING, FORMATS) == (301, 201)
    pixels = _shown(heif_files.DRAWING, (301, 201))
    for (across, down), color in {
        (100, 20): (200, 30, 30), (20, 90): (200, 30, 30), (230, 150): (31, 43, 165), (290, 20): (220, 200, 40),
        (10, 195): (220, 200, 40), (30, 20): (255, 255, 255), (150, 100): (255, 255, 255), (270, 180): (255, 255, 255),
    }.items():  # fmt: skip
        np.testing.assert_allclose(pixels[down, across], color, atol=6)


@pytest.mark.parametrize(
    ("properties", "size", "corners"),
    [
        ([], (150, 100), [RED, GREEN, RED, BLUE]),
        ([_turned(1)], (100, 150), [GREEN, BLUE, RED, RED]),
        ([_turned(2)], (150, 100), [BLUE, RED, GREEN, RED]),
        ([_turned(3)], (100, 150), [RED, RED, BLUE, GREEN]),
        ([_mirrored(0)], (150, 100), [RED, BLUE, RED, GREEN]),
        ([_mirrored(1)], (150, 100), [GREEN, RED, BLUE, RED]),
        ([_turned(1), _mirrored(1)], (100, 150), [BLUE, GREEN, RED, RED]),
    ],
)
def test_a_photo_is_turned_and_mirrored_as_phones_show_it(
    tmp_path: Path, properties: list[bytes], size: tuple[int, int], corners: list[tuple[int, int, int]]
) -> None:
    path = heif_files.photo(tmp_path / "a.heic", _flag(), *properties)
    assert untrusted.picture_size(path, FORMATS) == size
    pixels = _shown(path, size)
    for (down, across), color in zip([(8, 8), (8, -8), (-8, 8), (-8, -8)], corners, strict=True):
        np.testing.assert_allclose(pixels[down, across], color, atol=6)


def test_of_a_photo_with_an_aperture_only_that_is_shown(tmp_path: Path) -> None:
    right_half = heif_files.box(b"clap", struct.pack(">4I4i", 75, 1, 100, 1, 75, 2, 0, 1))
    path = heif_files.photo(tmp_path / "a.heic", _flag(), right_half)
    assert untrusted.picture_size(path, FORMATS) == (75, 100)
    pixels = _shown(path, (75, 100))
    np.testing.assert_allclose(pixels[20, 5], GREEN, atol=8)
    np.testing.assert_allclose(pixels[80, 70], BLUE, atol=8)


@pytest.mark.parametrize(
    "aperture", [(75, 0, 100, 1, 0, 1, 0, 1), (75, 1, 100, 1, 400, 1, 0, 1), (0, 1, 9, 1, 0, 1, 0, 1)]
)
def test_an_aperture_outside_of_the_photo_is_an_error_of_the_file(tmp_path: Path, aperture: tuple[int, ...]) -> None:
    path = heif_files.photo(tmp_path / "a.heic", None, heif_files.box(b"clap", struct.pack(">4I4i", *aperture)))
    assert _refusal(path) == "picture_unreadable"


@pytest.mark.parametrize("tagged", ["profile", "numbers", "both"])
def test_display_p3_is_shown_in_the_colors_that_were_seen(tmp_path: Path, tagged: str) -> None:
    """A red of 200, 60, 60 is more saturated there: about 217, 41, 51 in sRGB."""
    picture = Image.new("RGB", (64, 64), (200, 60, 60))
    profile = None if tagged == "numbers" else _display_p3()
    properties = () if tagged == "profile" else (_colors(primaries=12, transfer=13),)
    plain, wide = (
        _shown(heif_files.photo(tmp_path / f"{len(more)}.heic", picture, *more, profile=icc), (8, 8))[4, 4]
        for more, icc in (((), None), ((*properties, heif_files.box(b"free")), profile))
    )
    np.testing.assert_allclose(plain, (200, 60, 60), atol=3)
    np.testing.assert_allclose(wide, (217, 41, 51), atol=5)


def test_a_photo_is_a_background(tmp_path: Path) -> None:
    background = client_background.inspect(heif_files.photo(tmp_path / "a.heic", _flag()))
    assert (background.width, background.height, background.pictures) == (150, 100, None)


def test_a_photo_of_many_tiles_is_read(tmp_path: Path) -> None:
    """More than a video may have streams: a photo of 24 million pixels has 108 tiles."""
    picture = Image.linear_gradient("L").resize((700, 640)).convert("RGB")
    found = _shown(heif_files.photo(tmp_path / "a.heic", picture), (700, 640))
    np.testing.assert_allclose(found, np.asarray(picture, int), atol=6)


def test_a_tile_is_shown_in_each_of_its_places(tmp_path: Path) -> None:
    path = heif_files.photo(tmp_path / "a.heic", _flag())
    tiles = struct.pack(">HH6H", 1, 6, *range(2, 8))
    path.write_bytes(path.read_bytes().replace(tiles, struct.pack(">HH6H", 1, 6, *[2] * 6)))
    np.testing.assert_allclose(_shown(path, (150, 100)), np.full((100, 150, 3), RED), atol=6)


def test_tiles_of_several_sizes_are_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = heif_files.photo(tmp_path / "a.heic", Image.new("RGB", (100, 64)))
    frames = iter([av.VideoFrame(64, 64, "yuv420p"), av.VideoFrame(50, 64, "yuv420p")])
    monkeypatch.setattr(heif, "decode_tile", lambda packet, photo: next(frames))
    with pytest.raises(ValueError, match="do not fill"):
        heif.decoded(path, heif.read(path))


def test_a_photo_with_a_burst_is_shown_without_it(tmp_path: Path) -> None:
    pixels = _shown(heif_files.with_burst(tmp_path / "a.heic", _flag()), (150, 100))
    for (down, across), color in {(8, 8): RED, (8, -8): GREEN, (-8, -8): BLUE}.items():
        np.testing.assert_allclose(pixels[down, across], color, atol=6)


def test_a_photo_that_is_turned_without_an_end_is_damaged(tmp_path: Path) -> None:
    path = heif_files.photo(tmp_path / "a.heic", None, *[_turned(1)] * 64)
    assert _refusal(path) == "picture_unreadable"


def test_other_kinds_of_heif_are_refused_with_a_way_out(tmp_path: Path) -> None:
    path = heif_files.photo(tmp_path / "a.heic")
    path.write_bytes(path.read_bytes().replace(b"grid", b"iovl"))
    with pytest.raises(NotMedia) as refused:
        client_background.inspect(path)
    assert (refused.value.code, refused.value.remedy) == ("heif_picture", "Export it as a JPEG.")


@pytest.mark.parametrize(
    ("raised", "refused", "code"),
    [
        (av.error.PatchWelcomeError, NotMedia, "heif_picture"),
        (av.error.DecoderNotFoundError, NotMedia, "heif_picture"),
        (av.error.OptionNotFoundError, InternalError, "ffmpeg_failed"),
        (av.error.EOFError, MediaUnusable, "picture_unreadable"),
    ],
)
def test_a_form_that_ffmpeg_does_not_decode_is_not_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: type[av.FFmpegError], refused: type[Error], code: str
) -> None:
    _make_decoding_fail(monkeypatch, raised)
    with pytest.raises(refused) as caught:
        picture_decoding.size(heif_files.photo(tmp_path / "a.heic"), FORMATS)
    assert caught.value.code == code


def test_a_photo_of_too_many_pixels_is_never_decoded(tmp_path: Path) -> None:
    assert _refusal(heif_files.large_photo(tmp_path / "a.heic")) == "picture_too_large"


@pytest.mark.parametrize("part", [b"ispe", b"dimg", b"hvcC", b"ipma", b"iloc"])
def test_a_photo_without_a_part_is_damaged(tmp_path: Path, part: bytes) -> None:
    path = heif_files.photo(tmp_path / "a.heic", _flag())
    path.write_bytes(path.read_bytes().replace(part, b"free"))
    assert _refusal(path) == ("picture_unreadable" if part != b"dimg" else "heif_picture")


def test_a_photo_for_which_the_decoder_lacks_memory_is_not_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make_decoding_fail(monkeypatch, av.error.MemoryError)
    with pytest.raises(MemoryError):
        picture_decoding.size(heif_files.photo(tmp_path / "a.heic"), FORMATS)


def _make_decoding_fail(monkeypatch: pytest.MonkeyPatch, error: type[av.FFmpegError]) -> None:
    def fail(packet: object, photo: object) -> None:
        raise error(0, "no reason to be found")

    monkeypatch.setattr(heif, "decode_tile", fail)


def _refusal(path: Path) -> str:
    with pytest.raises((MediaUnusable, NotMedia)) as refused:
        untrusted.picture(path, FORMATS, (8, 8))
    return refused.value.code
