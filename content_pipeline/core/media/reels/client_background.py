"""A client's picture, GIF or video as a reel's background: cropped to the frame, darkened, looped, framed anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
from PIL import Image

from content_pipeline.core.errors import MediaUnusable, NotMedia
from content_pipeline.core.media import heif, picture_conversion, untrusted
from content_pipeline.core.media.ffmpeg import untrusted_input
from content_pipeline.core.media.probe import HEIF_PICTURE
from content_pipeline.core.media.reels.safe_zone import FRAMES_PER_SECOND, HEIGHT, WIDTH
from content_pipeline.core.media.source_streams import SourcePictures

# As `untrusted.picture_size` calls them. Of GIFs it takes those that do not move.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", heif.FORMAT)
_PREPARED_IMAGE = "background.png"

# Darkened, so that white captions stay legible on any background.
_BRIGHTNESS = 0.66

# Pan range of an image beyond the frame, in pixels: it pans one pixel per frame and reverses at the end. Whole pixels
# are smooth and free; zoompan costs 0.37 CPU seconds a second.
_MIN_PAN, _MAX_PAN = 480, 3000

# A reel has the rate of the video behind it, where this is at most FRAMES_PER_SECOND: of 24 frames at 30 every fourth
# was shown twice as long. From twice the rate of a film on it has every second frame, because all would cost twice the
# CPU. Between, where it has FRAMES_PER_SECOND, are mostly doubled rates, such as the 40 of a GIF with 20.
_HALVED_FROM = 2 * Fraction(24000, 1001)

_REMEDY = "Send a JPEG, PNG, WebP, AVIF, HEIC or GIF picture, or a video."


@dataclass(frozen=True, slots=True)
class Background:
    """A validated background file. Width and height are display pixels; `pictures` are those of a video."""

    width: int
    height: int
    pictures: SourcePictures | None = None

    @property
    def frame_rate(self) -> Fraction:
        """Frames a second of a reel over it."""
        if self.pictures is None:
            return Fraction(FRAMES_PER_SECOND)
        rate = Fraction(self.pictures.frame_rate)
        return rate / 2 if rate >= _HALVED_FROM else min(rate, Fraction(FRAMES_PER_SECOND))


@dataclass(frozen=True, slots=True)
class Framing:
    """How a background fills the frame.

    `zoom` times as near as what just covers it, at `position` of the room that this leaves (0 left and top, 1 right
    and bottom); an image pans `forwards` or backwards.
    """

    zoom: float = 1.0
    position: float = 0.5
    forwards: bool = True


def inspect(path: Path) -> Background:
    """Validate an untrusted local file.

    Raises NotMedia, MediaUnusable `no_video`, and as `untrusted.picture_size` and `untrusted.probe` do.
    """
    try:
        width, height = untrusted.picture_size(path, FORMATS)
        return Background(width, height)
    except NotMedia as error:
        if error.code == HEIF_PICTURE:
            raise
        return _inspect_video(path)


def background_stream(
    folder: Path, name: str, background: Background, framings: Sequence[Framing], *, frames: int
) -> Any:
    """A stream of WIDTH × HEIGHT from a file in `folder`: each framing for `frames`, the last one without an end."""
    if background.pictures is None:
        return _joined(_panning_image(folder, name, background, framings, frames))
    pictures = background.pictures
    parts = _video(name, pictures, background.frame_rate).filter_multi_output("split", len(framings))
    framed = [
        _framed(_part(parts[number], number, len(framings), frames), folder, background, pictures, framing)
        for number, framing in enumerate(framings)
    ]
    darker = {plane: f"{_BRIGHTNESS}*(val-{zero})+{zero}" for plane, zero in (("y", 16), ("u", 128), ("v", 128))}
    return _joined(framed).filter("lutyuv", **darker)


def video_stream(folder: Path, name: str, background: Background, pictures: SourcePictures) -> Any:
    """An endless ffmpeg stream of WIDTH × HEIGHT in BT.709 from an inspected video in `folder`, as bright as it is.

    It has FRAMES_PER_SECOND, as the figure in front of it.
    """
    return _framed(_video(name, pictures, Fraction(FRAMES_PER_SECOND)), folder, background, pictures, Framing())


def _joined(parts: Sequence[Any]) -> Any:
    return ffmpeg.concat(*parts) if len(parts) > 1 else parts[0]


def _video(name: str, pictures: SourcePictures, rate: Fraction) -> Any:
    """The frames of an inspected video, again and again."""
    track = untrusted_input(name, stream_loop=-1)[f"v:{pictures.track}"]
    return picture_conversion.deinterlaced(track, pictures).filter("fps", str(rate))


def _part(video: Any, number: int, count: int, frames: int) -> Any:
    """The frames of one of `count` framings; the video goes on from one to the next."""
    end = {"end_frame": (number + 1) * frames} if number < count - 1 else {}
    return video.filter("trim", start_frame=number * frames, **end).filter("setpts", "PTS-STARTPTS")


def _framed(video: Any, folder: Path, background: Background, pictures: SourcePictures, framing: Framing) -> Any:
    # Crop to the frame's aspect ratio before scaling: a narrow strip would become enormous.
    across = min(1, background.height * WIDTH / HEIGHT / background.width)
    down = min(1, background.width * HEIGHT / WIDTH / background.height)
    near, aside = 1 / framing.zoom, (framing.position - 0.5) * (1 - 1 / framing.zoom)
    cropped = video.filter(
        "crop",
        f"iw*{across * near:.6f}",
        f"ih*{down * near:.6f}",
        f"(iw-ow)/2+iw*{across * aside:.6f}",
        f"(ih-oh)/2+ih*{down * aside:.6f}",
        exact=1,
    )
    return picture_conversion.to_bt709(cropped, pictures, WIDTH, HEIGHT, folder)


def _inspect_video(path: Path) -> Background:
    try:
        media = untrusted.probe(path)
    except NotMedia as error:
        raise NotMedia("The background is neither a picture nor a video.", code=error.code, remedy=_REMEDY) from error
    if not media.has_video:
        raise MediaUnusable("The background is only sound.", code="no_video", remedy=_REMEDY)
    return Background(media.width, media.height, untrusted.examine(path).pictures)


def still_image(path: Path) -> Image.Image:
    """An inspected image as a frame: WIDTH × HEIGHT of its middle, RGB, as bright as it is."""
    return untrusted.picture(path, FORMATS, (WIDTH, HEIGHT))


def _panning_image(
    folder: Path, name: str, background: Background, framings: Sequence[Framing], frames: int
) -> list[Any]:
    """A stream for each framing, of `frames`, the last one endless."""
    size = _panned_size(background)
    # Security: ffmpeg reads our own PNG, not the client's image.
    still = untrusted.picture(folder / name, FORMATS, _nearer(size, max(framing.zoom for framing in framings)))
    still.point(lambda value: value * _BRIGHTNESS).save(folder / _PREPARED_IMAGE, compress_level=1)
    stills = ffmpeg.input(_PREPARED_IMAGE, framerate=FRAMES_PER_SECOND).filter_multi_output("split", len(framings))
    return [
        # Scaled before it is repeated: once.
        stills[number]
        .filter("scale", *_nearer(size, framing.zoom), out_range="tv", out_color_matrix="bt709")
        .filter("format", "yuv420p")
        .filter("setsar", 1)
        .filter("loop", loop=frames - 1 if number < len(framings) - 1 else -1, size=1)
        .filter("crop", WIDTH, HEIGHT, *_pan(size, framing), exact=1)
        for number, framing in enumerate(framings)
    ]


def _nearer(size: tuple[int, int], zoom: float) -> tuple[int, int]:
    width, height = (round(side * zoom) for side in size)
    return width, height


def _pan(size: tuple[int, int], framing: Framing) -> list[str]:
    """Where the frame is in a picture of `size` that is shown nearer: it moves along the axis that has room to pan."""
    width, height = _nearer(size, framing.zoom)
    return [
        f"abs(mod(n+{room if framing.forwards else 0},{2 * room})-{room})" if pans else f"{room * framing.position:.0f}"
        for pans, room in ((size[0] > WIDTH, width - WIDTH), (size[1] > HEIGHT, height - HEIGHT))
    ]


def _panned_size(picture: Background) -> tuple[int, int]:
    """The size in which a picture covers the frame, with room to pan along one axis."""
    cover = max(WIDTH / picture.width, HEIGHT / picture.height)
    across, down = picture.width * cover - WIDTH, picture.height * cover - HEIGHT
    pan = min(max(round(across), round(down), _MIN_PAN), _MAX_PAN)
    return (WIDTH + pan, HEIGHT) if across > down else (WIDTH, HEIGHT + pan)
