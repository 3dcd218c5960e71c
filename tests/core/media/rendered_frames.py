"""Single pictures with a SubStation document drawn over grey, and what can be seen in them."""

import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy

Frame = numpy.ndarray[Any, numpy.dtype[numpy.uint8]]
GREY = 0x80


def frame(folder: Path, document: str, size: tuple[int, int], at: float = 0.5) -> Frame:
    """The picture at `at` seconds: captions over grey, height × width × RGB."""
    (folder / "captions.ass").write_text(document)
    width, height = size
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-f", "lavfi"),
        *("-i", f"color=0x808080:size={width}x{height},format=rgb24,setpts=PTS+{at}/TB,ass=captions.ass"),
        *("-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"),
    ]
    drawn = subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout
    return numpy.frombuffer(drawn, numpy.uint8).reshape(height, width, 3)


def text_pixels(picture: Frame) -> Any:
    """Which pixels are not the background."""
    return (numpy.abs(picture.astype(int) - GREY) > 40).any(axis=2)


def yellow_pixels(picture: Frame) -> Any:
    """Which pixels have the colour of the highlight."""
    red, green, blue = (picture[:, :, channel].astype(int) for channel in range(3))
    return (red > 200) & (green > 160) & (blue < 90)
