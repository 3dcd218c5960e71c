"""Contact sheets: one picture with several, such as three frames of each of several videos."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from content_pipeline.core.media import thumbnails
from content_pipeline.core.media.probe import probe

MOMENTS: Final = (0.0, 0.5, 1.0)
GAP: Final = 8


def save(pictures: Sequence[Image.Image], target: Path, *, columns: int) -> Path:
    """Write the sheet as a PNG. Returns its absolute path."""
    width = max(picture.width for picture in pictures) + GAP
    height = max(picture.height for picture in pictures) + GAP
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width + GAP, rows * height + GAP), "white")
    for place, picture in enumerate(pictures):
        sheet.paste(picture, (GAP + place % columns * width, GAP + place // columns * height))
    target.parent.mkdir(exist_ok=True)
    sheet.save(target)
    return target.resolve()


def strip(video: Path) -> Image.Image:
    """The first frame of a video, one of its middle and the last, side by side."""
    seconds = probe(video).seconds
    frames = [Image.open(io.BytesIO(thumbnails.of_moment(video, seconds * moment))) for moment in MOMENTS]
    joined = Image.new("RGB", (sum(frame.width for frame in frames), frames[0].height))
    for place, frame in enumerate(frames):
        joined.paste(frame, (place * frame.width, 0))
    return joined
