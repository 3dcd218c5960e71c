"""Videos that are made: captions burned into a recording, one written anew, and the picture that stands for one."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import ffmpeg
from PIL import Image

from content_pipeline.core.errors import MediaUnusable
from content_pipeline.core.media import audio_visualizer
from content_pipeline.core.media.ffmpeg import run, untrusted_input
from content_pipeline.core.media.probe import MediaInfo, open_media

# The files of a burn-in, in its folder: two that it reads, one that it makes.
SOURCE, CAPTIONS, OUTPUT = "source", "captions.ass", "output.mp4"

# Below 24 captions would not change on time (a screen recording may hold one picture for seconds); platforms
# take no more than 60, and what a browser records says 1000.
_MIN_FRAME_RATE, _MAX_FRAME_RATE = 24.0, 60.0

# aq-mode 3 gives dark areas more bits: without it slow slopes of colour come out as bands.
_VIDEO_ENCODING = {"vcodec": "libx264", "preset": "veryfast", "crf": 20, "pix_fmt": "yuv420p", "aq-mode": 3}
_AAC = {"acodec": "aac", "audio_bitrate": "192k", "ar": 48000}
_COPY_AUDIO = {"acodec": "copy"}
# Where and with what a person filmed is nobody's business.
_STRIP_METADATA = {"map_metadata": -1, "map_chapters": -1}

_THUMBNAIL_MAX_SIDE = 320


def frame_size(media: MediaInfo) -> tuple[int, int]:
    """Width and height of the video that `burn_in` makes of it, for which the captions have to be laid out."""
    if not media.has_video:
        return audio_visualizer.WIDTH, audio_visualizer.HEIGHT
    # H.264 with 4:2:0 colour has no odd sizes
    return max(media.width // 2 * 2, 2), max(media.height // 2 * 2, 2)


def burn_in(folder: Path, media: MediaInfo, *, on_progress: Callable[[float], None]) -> None:
    """Draw CAPTIONS into SOURCE, or over a backdrop where it is only sound, and write OUTPUT: H.264 and AAC in MP4.

    `media` is what `probe` says of SOURCE. `on_progress` gets fractions from 0 to 1. Raises as `ffmpeg.run` does.
    """
    source = untrusted_input(SOURCE)
    if media.has_video:
        pictures = _normalized(source["V:0"], media)
    else:
        pictures = audio_visualizer.visualizer_stream(folder / SOURCE, media.seconds, folder)
    output = ffmpeg.output(
        pictures.filter("ass", CAPTIONS),
        *([source["a:0"]] if media.has_audio else []),
        OUTPUT,
        **_VIDEO_ENCODING,
        **(_COPY_AUDIO if media.audio_codec == "aac" else _AAC),
        movflags="+faststart",
        **_STRIP_METADATA,
    )
    run(output, folder=folder, seconds=media.seconds, on_progress=on_progress)


def _normalized(pictures: Any, media: MediaInfo) -> Any:
    """As a player shows it: ffmpeg turns it upright by itself, here its pixels become square and its pace even."""
    width, height = frame_size(media)
    frame_rate = Fraction(min(max(media.frames_per_second, _MIN_FRAME_RATE), _MAX_FRAME_RATE)).limit_denominator(1001)
    return pictures.filter("fps", str(frame_rate)).filter("scale", width, height, out_range="tv").filter("setsar", 1)


def remux_faststart(path: Path, media: MediaInfo) -> None:
    """Write H.264 or HEVC with AAC anew as an MP4 that begins with its index, and without its data about the place.

    Its pictures and its sound stay as they are. Raises as `ffmpeg.run` does.
    """
    source, target = untrusted_input(path.name), path.with_name(f"{path.name}.mp4")
    streams = [source["V:0"], *([source["a:0"]] if media.has_audio else [])]
    output = ffmpeg.output(*streams, target.name, codec="copy", movflags="+faststart", **_STRIP_METADATA)
    run(output, folder=path.parent, seconds=media.seconds, on_progress=lambda _: None)
    target.replace(path)


def thumbnail(video: Path, seconds: float) -> bytes:
    """The picture at `seconds` as a small JPEG, 320 pixels on its longer side; past the end, the last.

    Raises MediaUnusable.
    """
    with open_media(video) as container:
        stream = container.streams.video[0]
        container.seek(int(seconds * av.time_base))
        frame = None
        for frame in container.decode(stream):
            if frame.time is None or frame.time >= seconds:
                break
        if frame is None:
            raise MediaUnusable("The video has no picture there.", code="media_unreadable")
        return frame_thumbnail(frame)


def frame_thumbnail(picture: av.VideoFrame) -> bytes:
    """A picture of a video as a small JPEG, at most 320 pixels on its longer side."""
    scale = min(_THUMBNAIL_MAX_SIDE / max(picture.width, picture.height), 1)
    width, height = (max(round(side * scale), 1) for side in (picture.width, picture.height))
    # Made small while its colours are converted, which takes a seventh of what converting all its pixels did.
    pixels = picture.to_ndarray(format="rgb24", width=width, height=height, interpolation="AREA")
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", quality=80)
    return target.getvalue()
