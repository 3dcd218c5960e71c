"""Opens untrusted pictures in the process that calls it, `untrusted`'s: JPEG, PNG, WebP, AVIF and GIF with Pillow, HEIC
with `heif`."""

import io
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from content_pipeline.core.errors import Error, InternalError, MediaUnusable, NotMedia
from content_pipeline.core.media import heif, media_errors
from content_pipeline.core.media.limits import MAX_PIXELS

# Pillow only warns of pictures above its own limit, and refuses those of more than twice as many pixels. `_check_size`
# has our limit.
Image.MAX_IMAGE_PIXELS = None


def size(path: Path, formats: Sequence[str]) -> tuple[int, int]:
    """Width and height as shown, once all of it has decoded. Raises as `_opened` does."""
    with _opened(path, formats) as picture:
        # The size is read before `draft`, which makes Pillow decode a JPEG smaller than it was declared.
        width, height = picture.size
        turned = picture.getexif().get(0x0112) in range(5, 9)
        picture.draft("RGB", (1, 1))
        picture.load()
        return (height, width) if turned else (width, height)


def fitted(path: Path, formats: Sequence[str], width: int, height: int) -> bytes:
    """The middle of the picture in `width` × `height`, RGB, three bytes a pixel. Raises as `_opened` does."""
    with _opened(path, formats) as picture:
        side = max(width, height)
        picture.draft("RGB", (side, side))  # JPEG: decode no larger than needed
        turned = _eight_bits(ImageOps.exif_transpose(picture)).convert("RGB")
        cropped = ImageOps.fit(turned, (width, height), Image.Resampling.LANCZOS)
        return _to_srgb(cropped, picture.info.get("icc_profile")).tobytes()


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Of 16-bit gray, which Pillow would clip to white."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray((np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8))


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Photos of phones are in Display P3. Without a usable profile the picture stays as it is."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return picture
    return converted or picture


@contextmanager
def _opened(path: Path, formats: Sequence[str]) -> Iterator[Image.Image]:
    """Raises NotMedia `not_picture`, `heif_picture`, MediaUnusable `picture_too_large`, `picture_unreadable`, and
    InternalError `ffmpeg_failed`. A MemoryError stays one."""
    try:
        with _open(path, formats) as picture:
            _check_size(picture.width, picture.height)
            if picture.format == "GIF" and getattr(picture, "is_animated", False):
                raise NotMedia("The file is an animation.", code="not_picture", remedy="Send a JPEG or PNG.")
            yield picture
    except UnidentifiedImageError as error:
        raise NotMedia("The file is not a picture.", code="not_picture", remedy="Send a JPEG or PNG.") from error
    except MemoryError:  # PyAV's is an OSError too
        raise
    except (*media_errors.PYAV_ERRORS, SyntaxError, TypeError, struct.error) as error:
        raise _refusal(error) from error


def _refusal(error: Exception) -> Error:
    """The error for a picture that cannot be decoded: not all of them are damaged."""
    of_class = media_errors.error_of_class(error)
    if isinstance(of_class, InternalError):
        return of_class
    if of_class and of_class.code == media_errors.UNSUPPORTED:
        return heif.unsupported()
    return MediaUnusable("The picture is damaged.", code="picture_unreadable", remedy="Export it again.")


def _open(path: Path, formats: Sequence[str]) -> Image.Image:
    if heif.FORMAT not in formats or not heif.is_photo(path):
        return Image.open(path, formats=[form for form in formats if form != heif.FORMAT])
    photo = heif.read(path)
    _check_size(photo.width, photo.height)
    return heif.decoded(path, photo)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise MediaUnusable(
            f"The picture has {width} × {height} pixels; at most {MAX_PIXELS // 1_000_000} million are possible.",
            code="picture_too_large",
            remedy="Send a smaller one.",
        )
