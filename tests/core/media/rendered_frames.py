"""Renders single frames of an ASS document over gray with ffmpeg, and pixel masks of what is visible."""

import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy

Frame = numpy.ndarray[Any, numpy.dtype[numpy.uint8]]
GRAY = 0x80


def frame(folder: Path, document: str, size: tuple[int, int], at: float = 0.5) -> Frame:
    """The frame at `at` seconds: captions over gray, shape (height, width, 3)."""
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
    """Mask of the pixels that differ from the background."""
    return (numpy.abs(picture.astype(int) - GRAY) > 40).any(axis=2)


def yellow_pixels(picture: Frame) -> Any:
    """Mask of the pixels in the highlight color."""
    red, green, blue = (picture[:, :, channel].astype(int) for channel in range(3))
    return (red > 200) & (green > 160) & (blue < 90)
