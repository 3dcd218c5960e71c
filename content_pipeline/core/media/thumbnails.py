"""Small JPEGs of video frames, as Dagster's pages show them."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from PIL import Image

from content_pipeline.core.media import media_errors, picture_conversion
from content_pipeline.core.media.probe import open_media

# Pixels of the longer side.
_MAX_SIDE: Final = 320


def of_moment(video: Path, seconds: float) -> bytes:
    """The frame at `seconds`; past the end, the last one. Raises MediaUnusable."""
    with open_media(video) as container:
        stream = container.streams.video[0]
        container.seek(int(seconds * av.time_base))
        frame = None
        for frame in container.decode(stream):
            if frame.time is None or frame.time >= seconds:
                break
        if frame is None:
            raise media_errors.unreadable("it has no picture there")
        return of_frame(frame)


def of_frame(frame: av.VideoFrame, *, is_interlaced: bool = False) -> bytes:
    """A frame that is decoded already, upright: phones record lying pictures, and how to turn them.

    Of an interlaced one, which has a flag or of which `is_interlaced` says so, one field is shown: in both together
    what moves is in two places.
    """
    scale = min(_MAX_SIDE / max(frame.width, frame.height), 1)
    width, height = (max(round(side * scale), 1) for side in (frame.width, frame.height))
    shown = _field(frame) if is_interlaced or frame.interlaced_frame else frame
    lying = Image.fromarray(picture_conversion.rgb(shown, width, height))
    target = io.BytesIO()
    lying.rotate(frame.rotation, expand=True).save(target, "JPEG", quality=80)
    return target.getvalue()


def _field(frame: av.VideoFrame) -> av.VideoFrame:
    """Every second line."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1)
    )
    graph.link_nodes(source, graph.add("field"), graph.add("buffersink")).configure()
    graph.push(frame)
    field = graph.pull()
    assert isinstance(field, av.VideoFrame)
    return field
