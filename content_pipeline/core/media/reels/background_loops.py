"""Cached background loops: each design's animation as a short video, rendered once per machine.

Stored at half the frame size and ten bits: upscaling looks like full size, decoding costs 0.02 CPU seconds a second
(FFV1, lossless: 0.25), and ten bits avoid banding in dark gradients, because the conversion to eight bits dithers.
"""

import tempfile
from functools import cache
from hashlib import sha256
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from content_pipeline.core.media.reels import abstract_backgrounds, canvas, safe_zone, scenic_backgrounds
from content_pipeline.core.media.reels.canvas import Plane, Planes
from content_pipeline.core.media.reels.designs import Design
from content_pipeline.core.settings import settings

LOOP_SECONDS = 8.0
LOOP_FRAMES = round(LOOP_SECONDS * safe_zone.FRAMES_PER_SECOND)

_PIXEL_FORMAT = "yuv420p10le"
# A keyframe every half second, the most that a reel which starts in the middle decodes before its first frame.
_ENCODING = {"preset": "ultrafast", "crf": "8", "g": "15"}


def background_loop(design: Design) -> Path:
    """The file of a design's background: a seamless loop of LOOP_SECONDS. The first call takes about 3 CPU seconds."""
    target = settings().cache / "plates" / f"{design.name}-{_digest(design)}.mp4"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".mp4", delete=False) as unfinished:
            _write(design, Path(unfinished.name))
        # Two processes may render it at once: both produce the same file, and either rename may come last.
        Path(unfinished.name).replace(target)
    return target


@cache
def _digest(design: Design) -> str:
    """Cache key over the drawing code and the palette, so that a stale loop is never used."""
    sources = [
        Path(file).read_bytes()
        for file in (__file__, canvas.__file__, abstract_backgrounds.__file__, scenic_backgrounds.__file__)
    ]
    return sha256(b"".join([repr((design.name, design.colors)).encode(), *sources])).hexdigest()[:12]


def _write(design: Design, target: Path) -> None:
    paint = design.pattern(design.colors)
    frames = (_to_yuv_frame(paint(number / LOOP_FRAMES)) for number in range(LOOP_FRAMES))
    first = next(frames)
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=safe_zone.FRAMES_PER_SECOND, options=_ENCODING)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, _PIXEL_FORMAT
        stream.color_primaries, stream.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        stream.colorspace, stream.color_range = Colorspace.ITU709, ColorRange.MPEG
        stream.thread_count = 1  # the cores are for other renders
        for frame in chain([first], frames):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _to_yuv_frame(planes: Planes) -> av.VideoFrame:
    """Convert RGB planes to BT.709 YUV 4:2:0, ten bits, limited range."""
    frame = av.VideoFrame(planes.shape[2], planes.shape[1], _PIXEL_FORMAT)
    quarter = (planes[:, ::2, ::2] + planes[:, 1::2, ::2] + planes[:, ::2, 1::2] + planes[:, 1::2, 1::2]) / 4
    luma, quarter_luma = _luma(planes), _luma(quarter)
    channels = (
        64 + 876 * luma,
        512 + 896 / 1.8556 * (quarter[2] - quarter_luma),
        512 + 896 / 1.5748 * (quarter[0] - quarter_luma),
    )
    for plane, channel in zip(frame.planes, channels, strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint16).reshape(plane.height, -1)
        rows[:, : plane.width] = np.clip(channel + 0.5, 0, 1023)
    return frame


def _luma(planes: Planes) -> Plane:
    luma: Plane = 0.2126 * planes[0] + 0.7152 * planes[1] + 0.0722 * planes[2]
    return luma
