"""Small pictures as cameras, phones and programs write them."""

import struct
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageCms

from tests.media import samples

_COLOR: Final = (220, 20, 20)


def photo(path: Path, mode: str = "RGB", *, size: tuple[int, int] = (64, 48), **options: object) -> Path:
    """A picture of one color in the format of the file extension; `options` are those of Pillow's `save`."""
    Image.new("RGB", size, _COLOR).convert(mode).save(path, **options)  # type: ignore[arg-type]
    return path


def sideways(path: Path) -> Path:
    """A picture that EXIF says to turn by a quarter."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return photo(path, exif=exif)


def profiled(path: Path, mode: str = "RGB") -> Path:
    """A picture with a color profile embedded."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return photo(path, mode, icc_profile=profile.tobytes())


def deep_gray(path: Path) -> Path:
    """A picture in 16 bits of gray."""
    Image.fromarray(np.full((48, 64), 0x8000, np.uint16)).save(path)
    return path


def animated(path: Path) -> Path:
    """Two pictures in one file: an animation, or what a camera stores beside a photo."""
    return photo(path, save_all=True, append_images=[Image.new("RGB", (64, 48), "blue")])


def cut(path: Path) -> Path:
    """Half of a picture."""
    whole = path.with_name(f"whole{path.suffix}")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)).save(whole)
    return samples.cut(whole, path, 0.5)


def heic(path: Path) -> Path:
    """A picture as phones of Apple store it: one frame of HEVC in a HEIF container, which ffmpeg cannot write."""
    frame = samples.make(
        path.with_name("frame.mp4"), "-f", "lavfi", "-i", "color=red:s=64x64:r=1:d=1", "-c:v", "libx265",
        "-tag:v", "hvc1", "-x265-params", "log-level=error",
    ).read_bytes()  # fmt: skip
    coded = _content(frame, b"mdat")
    properties = _box(b"ipco", _box(b"hvcC", _content(frame, b"hvcC")), _full(b"ispe", struct.pack(">II", 64, 64)))
    head = _box(b"ftyp", b"heic", bytes(4), b"mif1heic")

    def meta(coded_at: int) -> bytes:
        return _full(
            b"meta",
            _full(b"hdlr", bytes(4), b"pict", bytes(13)),
            _full(b"pitm", struct.pack(">H", 1)),
            _full(b"iinf", struct.pack(">H", 1), _full(b"infe", struct.pack(">HH4sx", 1, 0, b"hvc1"), version=2)),
            _box(b"iprp", properties, _full(b"ipma", struct.pack(">IHBBB", 1, 1, 2, 0x81, 0x02))),
            _full(b"iloc", struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, coded_at, len(coded))),
        )

    path.write_bytes(head + meta(len(head) + len(meta(0)) + 8) + _box(b"mdat", coded))
    return path


def _content(file: bytes, kind: bytes) -> bytes:
    at = file.index(kind)
    (size,) = struct.unpack_from(">I", file, at - 4)
    return file[at + 4 : at - 4 + size]


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _full(kind: bytes, *parts: bytes, version: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24), *parts)
