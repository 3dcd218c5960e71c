"""Backdrops of avatars: a still of a reel's design, out of focus, so that the person in front stands out."""

import numpy as np
from PIL import Image, ImageFilter

from content_pipeline.core.media.reels.designs import Design
from content_pipeline.core.media.reels.safe_zone import HEIGHT, WIDTH

_BLUR_PIXELS = 16


def backdrop(design: Design, phase: float) -> Image.Image:
    """The design at a phase (0 to 1) of its loop, RGBA, in the size of a video."""
    planes = design.pattern(design.colors)(phase)
    pixels = (np.clip(planes, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0)
    picture = Image.fromarray(np.ascontiguousarray(pixels)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    return picture.filter(ImageFilter.GaussianBlur(_BLUR_PIXELS)).convert("RGBA")
