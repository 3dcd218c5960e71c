"""Video operations with ffmpeg: caption burn-in, faststart remux, thumbnails."""

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
from content_pipeline.core.media.ffmpeg import THREADS, run, untrusted_input
from content_pipeline.core.media.limits import LENGTH_TOLERANCE
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import open_media

# Files of a burn-in in its folder: two inputs, one output.
SOURCE, CAPTIONS, OUTPUT = "source", "captions.ass", "output.mp4"

# Below 24 fps captions would change late (a screen recording may hold one frame for seconds); platforms accept at
# most 60, and browser recordings declare 1000.
_MIN_FRAME_RATE, _MAX_FRAME_RATE = 24.0, 60.0

# aq-mode 3 gives dark areas more bits: without it smooth gradients show banding.
_VIDEO_ENCODING = {
    "vcodec": "libx264", "preset": "veryfast", "crf": 20, "pix_fmt": "yuv420p", "aq-mode": 3, "threads": THREADS,
}  # fmt: skip
_AAC = {"acodec": "aac", "audio_bitrate": "192k", "ar": 48000}
_COPY_AUDIO = {"acodec": "copy"}
# Privacy: drop location and device metadata.
_STRIP_METADATA = {"map_metadata": -1, "map_chapters": -1}

_THUMBNAIL_MAX_SIDE = 320


def frame_size(media: MediaInfo) -> tuple[int, int]:
    """Width and height of the output of `burn_in`, for which the captions have to be laid out."""
    if not media.has_video:
        return audio_visualizer.WIDTH, audio_visualizer.HEIGHT
    # H.264 with 4:2:0 subsampling needs even sizes
    return max(media.width // 2 * 2, 2), max(media.height // 2 * 2, 2)


def burn_in(folder: Path, media: MediaInfo, *, on_progress: Callable[[float], None]) -> None:
    """Burn CAPTIONS into SOURCE, or into a visualizer for audio-only sources, and write OUTPUT: H.264 and AAC in MP4.

    `media` is the `probe` result of SOURCE. `on_progress` gets fractions from 0 to 1. Raises as `ffmpeg.run` does.
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
        t=media.seconds + LENGTH_TOLERANCE,
        **_STRIP_METADATA,
    )
    run(output, folder=folder, seconds=media.seconds, on_progress=on_progress)


def _normalized(pictures: Any, media: MediaInfo) -> Any:
    """Square pixels and constant frame rate; ffmpeg applies the rotation by itself."""
    width, height = frame_size(media)
    frame_rate = Fraction(min(max(media.frames_per_second, _MIN_FRAME_RATE), _MAX_FRAME_RATE)).limit_denominator(1001)
    return pictures.filter("fps", str(frame_rate)).filter("scale", width, height, out_range="tv").filter("setsar", 1)


def remux_faststart(path: Path, media: MediaInfo) -> None:
    """Remux H.264 or HEVC with AAC in place as a faststart MP4 (moov first), without location and device metadata.

    Streams are copied, not re-encoded. Raises as `ffmpeg.run` does.
    """
    source, target = untrusted_input(path.name), path.with_name(f"{path.name}.mp4")
    streams = [source["V:0"], *([source["a:0"]] if media.has_audio else [])]
    output = ffmpeg.output(*streams, target.name, codec="copy", movflags="+faststart", **_STRIP_METADATA)
    run(output, folder=path.parent, seconds=media.seconds, on_progress=lambda _: None)
    target.replace(path)


def thumbnail(video: Path, seconds: float) -> bytes:
    """The frame at `seconds` as a JPEG, at most 320 pixels on the longer side; past the end, the last frame.

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
    """A video frame as a JPEG, at most 320 pixels on the longer side."""
    scale = min(_THUMBNAIL_MAX_SIDE / max(picture.width, picture.height), 1)
    width, height = (max(round(side * scale), 1) for side in (picture.width, picture.height))
    # Scaled during color conversion, a seventh of the cost of converting all pixels first.
    pixels = picture.to_ndarray(format="rgb24", width=width, height=height, interpolation="AREA")
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", quality=80)
    return target.getvalue()
