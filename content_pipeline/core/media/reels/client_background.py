"""A client's picture, GIF or video as a reel's background: cropped to the frame, darkened, looped."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg
from PIL import Image

from content_pipeline.core.errors import MediaUnusable, NotMedia
from content_pipeline.core.media import picture_conversion, untrusted
from content_pipeline.core.media.ffmpeg import untrusted_input
from content_pipeline.core.media.probe import HEIF_PICTURE
from content_pipeline.core.media.reels.safe_zone import FRAMES_PER_SECOND, HEIGHT, WIDTH
from content_pipeline.core.media.source_streams import SourcePictures

# Of GIFs Pillow takes those that do not move.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
_PREPARED_IMAGE = "background.png"

# Darkened, so that white captions stay legible on any background.
_BRIGHTNESS = 0.66

# Pan range of an image beyond the frame, in pixels: it pans one pixel per frame and reverses at the end. Whole pixels
# are smooth and free; zoompan costs 0.37 CPU seconds a second.
_MIN_PAN, _MAX_PAN = 480, 3000

_REMEDY = "Send a JPEG, PNG, WebP, AVIF or GIF picture, or a video."


@dataclass(frozen=True, slots=True)
class Background:
    """A validated background file. Width and height are display pixels; `pictures` are those of a video."""

    width: int
    height: int
    pictures: SourcePictures | None = None


def inspect(path: Path) -> Background:
    """Validate an untrusted local file.

    Raises NotMedia, MediaUnusable `no_video`, and as `untrusted.picture_size` and `untrusted.probe` do.
    """
    try:
        width, height = untrusted.picture_size(path, FORMATS)
        return Background(width, height)
    except NotMedia:
        return _inspect_video(path)


def background_stream(folder: Path, name: str, background: Background, *, forwards: bool) -> Any:
    """An endless ffmpeg stream of WIDTH × HEIGHT from a file in `folder`; images pan `forwards` or backwards."""
    if background.pictures is None:
        return _panning_image(folder, name, background, forwards)
    darker = {plane: f"{_BRIGHTNESS}*(val-{zero})+{zero}" for plane, zero in (("y", 16), ("u", 128), ("v", 128))}
    return video_stream(folder, name, background, background.pictures).filter("lutyuv", **darker)


def video_stream(folder: Path, name: str, background: Background, pictures: SourcePictures) -> Any:
    """An endless ffmpeg stream of WIDTH × HEIGHT in BT.709 from an inspected video in `folder`, as bright as it is."""
    # Crop to the frame's aspect ratio before scaling: a narrow strip would become enormous.
    across = min(1, background.height * WIDTH / HEIGHT / background.width)
    down = min(1, background.width * HEIGHT / WIDTH / background.height)
    track = untrusted_input(name, stream_loop=-1)[f"v:{pictures.track}"]
    stream = picture_conversion.deinterlaced(track, pictures)
    cropped = stream.filter("fps", FRAMES_PER_SECOND).filter("crop", f"iw*{across:.6f}", f"ih*{down:.6f}", exact=1)
    return picture_conversion.to_bt709(cropped, pictures, WIDTH, HEIGHT, folder)


def _inspect_video(path: Path) -> Background:
    try:
        media = untrusted.probe(path)
    except NotMedia as error:
        if error.code == HEIF_PICTURE:
            raise
        raise NotMedia("The background is neither a picture nor a video.", code=error.code, remedy=_REMEDY) from error
    if not media.has_video:
        raise MediaUnusable("The background is only sound.", code="no_video", remedy=_REMEDY)
    return Background(media.width, media.height, untrusted.examine(path).pictures)


def still_image(path: Path) -> Image.Image:
    """An inspected image as a frame: WIDTH × HEIGHT of its middle, RGB, as bright as it is."""
    return untrusted.picture(path, FORMATS, (WIDTH, HEIGHT))


def _panning_image(folder: Path, name: str, background: Background, forwards: bool) -> Any:
    # Security: ffmpeg reads our own PNG, not the client's image.
    still = untrusted.picture(folder / name, FORMATS, _panned_size(background))
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


def _panned_size(picture: Background) -> tuple[int, int]:
    """The size in which a picture covers the frame, with room to pan along one axis."""
    cover = max(WIDTH / picture.width, HEIGHT / picture.height)
    across, down = picture.width * cover - WIDTH, picture.height * cover - HEIGHT
    pan = min(max(round(across), round(down), _MIN_PAN), _MAX_PAN)
    return (WIDTH + pan, HEIGHT) if across > down else (WIDTH, HEIGHT + pan)
