"""Thumbnails of video frames."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from content_pipeline.core.media import thumbnails
from tests.media import samples


def test_a_thumbnail_is_a_small_jpeg_of_that_moment(tmp_path: Path) -> None:
    source = samples.video(tmp_path / "a.mp4", "-vf", "drawbox=color=red:t=fill:enable='gt(t,1.5)'", size="640x360")
    before, after = (Image.open(io.BytesIO(thumbnails.of_moment(source, seconds))) for seconds in (1, 2))
    assert before.format == "JPEG"
    assert before.size == (320, 180)
    assert np.asarray(after)[..., 1].mean() < 30 < np.asarray(before)[..., 1].mean()


def test_a_thumbnail_past_the_end_is_the_last_picture(tmp_path: Path) -> None:
    source = samples.video(tmp_path / "a.mp4")
    assert thumbnails.of_moment(source, 3.5)
