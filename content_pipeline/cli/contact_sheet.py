"""Contact sheet: one PNG with three frames of each of several videos."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.video import thumbnail

MOMENTS: Final = (0.15, 0.5, 0.85)
GAP: Final = 8
COLUMNS: Final = 2


def save(videos: Sequence[Path], target: Path) -> Path:
    """Write the sheet as a PNG, two videos to a row. Returns its absolute path."""
    strips = [_strip(video) for video in videos]
    width = max(strip.width for strip in strips) + 2 * GAP
    height = max(strip.height for strip in strips) + GAP
    rows = -(-len(strips) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * width + GAP, rows * height + GAP), "white")
    for place, strip in enumerate(strips):
        sheet.paste(strip, (GAP + place % COLUMNS * width, GAP + place // COLUMNS * height))
    target.parent.mkdir(exist_ok=True)
    sheet.save(target)
    return target.resolve()


def _strip(video: Path) -> Image.Image:
    seconds = probe(video).seconds
    frames = [Image.open(io.BytesIO(thumbnail(video, seconds * moment))) for moment in MOMENTS]
    strip = Image.new("RGB", (sum(frame.width for frame in frames), frames[0].height))
    for place, frame in enumerate(frames):
        strip.paste(frame, (place * frame.width, 0))
    return strip
