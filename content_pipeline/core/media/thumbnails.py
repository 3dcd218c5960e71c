"""Small JPEGs of video frames, as Dagster's pages show them."""

import io
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


def of_frame(frame: av.VideoFrame) -> bytes:
    """A frame that is decoded already, upright: phones record lying pictures, and how to turn them."""
    scale = min(_MAX_SIDE / max(frame.width, frame.height), 1)
    width, height = (max(round(side * scale), 1) for side in (frame.width, frame.height))
    lying = Image.fromarray(picture_conversion.rgb(frame, width, height))
    target = io.BytesIO()
    lying.rotate(frame.rotation, expand=True).save(target, "JPEG", quality=80)
    return target.getvalue()
