"""What a reel shows in place of its design: a picture or a video of the client's, a little darker."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg
from PIL import Image, ImageOps, UnidentifiedImageError

from content_pipeline.core.errors import MediaUnusable, NotMedia
from content_pipeline.core.media.ffmpeg import untrusted_input
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.reels.safe_zone import FRAMES_PER_SECOND, HEIGHT, WIDTH

_FORMATS = ("JPEG", "PNG", "WEBP")
_MAX_PIXELS = 64_000_000  # 200 MB once decoded; telephones make 50 million
_PREPARED_IMAGE = "background.png"

# White letters have to stand out from whatever a client sends.
_BRIGHTNESS = 0.66

# How far a picture reaches beyond the frame on its longer side, in pixels: it moves one of them with each frame, and
# turns back where it ends. Whole pixels at an even pace are smooth and cost nothing; zoompan costs 0.37 s a second.
_MIN_PAN, _MAX_PAN = 480, 3000

_REMEDY = "Send a JPEG, PNG or WebP picture, or a video."


@dataclass(frozen=True, slots=True)
class Background:
    """A file that can be shown. Width and height are pixels as displayed."""

    is_video: bool
    width: int
    height: int


def inspect(path: Path) -> Background:
    """Look into a local file from outside.

    Raises NotMedia, MediaUnusable `picture_unreadable`, `picture_too_large`, `no_video`, and as `probe` does.
    """
    try:
        with _open_image(path) as picture:
            width, height = ImageOps.exif_transpose(picture).size
            return Background(is_video=False, width=width, height=height)
    except UnidentifiedImageError:
        return _inspect_video(path)


def background_stream(folder: Path, name: str, background: Background, *, forwards: bool) -> Any:
    """The endless video of WIDTH × HEIGHT that a file in `folder` makes; pictures move `forwards` or backwards."""
    return _looped_video(name, background) if background.is_video else _panning_image(folder, name, forwards)


def _inspect_video(path: Path) -> Background:
    try:
        media = probe(path)
    except NotMedia as error:
        raise NotMedia("The background is neither a picture nor a video.", code=error.code, remedy=_REMEDY) from error
    if not media.has_video:
        raise MediaUnusable("The background is only sound.", code="no_video", remedy=_REMEDY)
    return Background(is_video=True, width=media.width, height=media.height)


@contextmanager
def _open_image(path: Path) -> Iterator[Image.Image]:
    """A decoded picture. Raises UnidentifiedImageError when it is none of the formats, MediaUnusable."""
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise Image.DecompressionBombError
            picture.draft("RGB", (2 * WIDTH, 2 * HEIGHT))  # JPEG: no larger than is of use
            picture.load()
            yield picture
    except UnidentifiedImageError:
        raise
    except Image.DecompressionBombError as error:
        raise MediaUnusable(
            f"The background picture has more than {_MAX_PIXELS // 1_000_000} million pixels.",
            code="picture_too_large",
            remedy="Send a smaller one.",
        ) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise MediaUnusable(
            "The background picture is damaged.", code="picture_unreadable", remedy="Export it again."
        ) from error


def _panning_image(folder: Path, name: str, forwards: bool) -> Any:
    # What ffmpeg reads is a file of our own making: a client's picture is decoded by Pillow only.
    with _open_image(folder / name) as picture:
        still = _cover_frame(ImageOps.exif_transpose(picture).convert("RGB"))
    still.point(lambda value: value * _BRIGHTNESS).save(folder / _PREPARED_IMAGE, compress_level=1)
    across, down = (
        f"abs(mod(n+{pan if forwards else 0},{2 * pan})-{pan})" if pan else 0
        for pan in (still.width - WIDTH, still.height - HEIGHT)
    )
    return (
        ffmpeg.input(_PREPARED_IMAGE, framerate=FRAMES_PER_SECOND)
        .filter("scale", out_range="tv", out_color_matrix="bt709")
        .filter("format", "yuv420p")
        .filter("loop", loop=-1, size=1)
        .filter("crop", WIDTH, HEIGHT, across, down, exact=1)
    )


def _cover_frame(picture: Image.Image) -> Image.Image:
    """As high as the frame and wider, or as wide and higher."""
    cover = max(WIDTH / picture.width, HEIGHT / picture.height)
    across, down = picture.width * cover - WIDTH, picture.height * cover - HEIGHT
    pan = min(max(round(across), round(down), _MIN_PAN), _MAX_PAN)
    size = (WIDTH + pan, HEIGHT) if across > down else (WIDTH, HEIGHT + pan)
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def _looped_video(name: str, background: Background) -> Any:
    # The part of it that has the frame's shape. Cropped before it is scaled: a strip would become enormous.
    across = min(1, background.height * WIDTH / HEIGHT / background.width)
    down = min(1, background.width * HEIGHT / WIDTH / background.height)
    darker = {plane: f"{_BRIGHTNESS}*(val-{zero})+{zero}" for plane, zero in (("y", 16), ("u", 128), ("v", 128))}
    return (
        untrusted_input(name, stream_loop=-1)["V:0"]
        .filter("fps", FRAMES_PER_SECOND)
        .filter("crop", f"iw*{across:.6f}", f"ih*{down:.6f}", exact=1)
        .filter("scale", WIDTH, HEIGHT, out_range="tv")
        .filter("setsar", 1)
        .filter("format", "yuv420p")
        .filter("lutyuv", **darker)
    )
