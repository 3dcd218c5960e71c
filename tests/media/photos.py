"""Small pictures as cameras, phones and programs write them."""

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
