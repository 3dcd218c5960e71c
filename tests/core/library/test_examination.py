"""Examination of uploaded files, by their bytes."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from PIL import Image

from content_pipeline.core.errors import Error
from content_pipeline.core.library.examination import Examined, examine
from tests.media import heif_files, photos, samples

# Each examination starts a process: 0.2 s.
pytestmark = pytest.mark.slow

WORKSPACE = UUID(int=1)


def examined(path: Path, *, media_seconds: int = 60) -> Examined:
    return examine(path, workspace_id=WORKSPACE, media_seconds=media_seconds)


def video(name: str) -> Callable[[Path], Path]:
    return lambda folder: samples.video(folder / name, size="64x36", seconds=0.5)


def sound(name: str) -> Callable[[Path], Path]:
    return lambda folder: samples.audio(folder / name, seconds=0.5)


def picture(name: str, **options: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        Image.new("RGB", (48, 32), "skyblue").save(folder / name, **options)
        return folder / name

    return make


def photo_of_a_phone(folder: Path) -> Path:
    return heif_files.photo(folder / "a.heic", Image.new("RGB", (48, 32), "skyblue"))


def avif_named_by_its_second_brand(folder: Path) -> Path:
    path = photos.photo(folder / "a.avif")
    path.write_bytes(path.read_bytes().replace(b"ftypavif", b"ftypmif1", 1))
    return path


def photo_with_a_burst(folder: Path) -> Path:
    path = heif_files.with_burst(folder / "a.heic", Image.new("RGB", (48, 32), "skyblue"))
    path.write_bytes(path.read_bytes().replace(b"ftypheic", b"ftypmsf1", 1))
    return path


def moving_avif(folder: Path) -> Path:
    frames = [Image.new("RGB", (48, 32), color) for color in ("skyblue", "orange")]
    frames[0].save(folder / "a.avif", save_all=True, append_images=frames[1:], duration=200)
    return folder / "a.avif"


def moving_gif(folder: Path) -> Path:
    frames = [Image.new("RGB", (48, 32), color) for color in ("skyblue", "orange")]
    frames[0].save(folder / "a.gif", save_all=True, append_images=frames[1:], duration=200)
    return folder / "a.gif"


@pytest.mark.parametrize(
    ("make", "kind", "content_type"),
    [
        (video("a.mp4"), "video", "video/mp4"),
        (video("a.mov"), "video", "video/quicktime"),
        (video("a.mkv"), "video", "video/x-matroska"),
        (video("a.webm"), "video", "video/webm"),
        (video("a.avi"), "video", "video/x-msvideo"),
        (moving_gif, "video", "image/gif"),
        (moving_avif, "video", "video/mp4"),
        (sound("a.m4a"), "sound", "audio/mp4"),
        (sound("a.mp3"), "sound", "audio/mpeg"),
        (sound("a.wav"), "sound", "audio/wav"),
        (sound("a.flac"), "sound", "audio/flac"),
        (sound("a.ogg"), "sound", "audio/ogg"),
        (picture("a.jpg"), "picture", "image/jpeg"),
        (picture("a.png"), "picture", "image/png"),
        (picture("a.webp"), "picture", "image/webp"),
        (picture("a.avif"), "picture", "image/avif"),
        (avif_named_by_its_second_brand, "picture", "image/avif"),
        (photo_of_a_phone, "picture", "image/heic"),
        (photo_with_a_burst, "picture", "image/heic"),
        (picture("a.gif"), "picture", "image/gif"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_is_what_its_bytes_are(
    tmp_path: Path, make: Callable[[Path], Path], kind: str, content_type: str
) -> None:
    file = make(tmp_path).rename(tmp_path / "no name that says anything")
    found = examined(file)
    assert (found.kind, found.content_type) == (kind, content_type)
    assert (found.media is None) == (kind == "picture")
    assert (found.width is None) == (found.height is None) == (kind == "sound")


def test_a_picture_of_a_phone_has_the_size_at_which_it_is_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    found = examined(picture("a.jpg", exif=exif)(tmp_path))
    assert (found.width, found.height) == (32, 48)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 415, "empty_file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "not_media"),
        (b"\xff\xd8\xff\xe0 not a JPEG", 400, "picture_unreadable"),
        (b"\x89PNG\r\n\x1a\n", 415, "not_picture"),
        (b"RIFF", 415, "not_media"),
    ],
)
def test_what_is_neither_video_picture_nor_sound_is_refused(
    tmp_path: Path, content: bytes, status: int, code: str
) -> None:
    path = tmp_path / str(uuid4())
    path.write_bytes(content)
    with pytest.raises(Error) as caught:
        examined(path)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.remedy


def test_a_picture_in_another_form_of_heif_is_refused_as_one(tmp_path: Path) -> None:
    brands = b"mif1xxxxmsf1"
    file = photos.photo(tmp_path / "a.avif").read_bytes()
    path = tmp_path / str(uuid4())
    path.write_bytes(file[:8] + brands + file[8 + len(brands) :])
    with pytest.raises(Error) as caught:
        examined(path)
    assert (caught.value.status, caught.value.code) == (415, "heif_picture")


def test_what_is_longer_than_the_plan_allows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Error) as caught:
        examined(samples.audio(tmp_path / "a.wav", seconds=2), media_seconds=1)
    assert caught.value.code == "media_too_long"
