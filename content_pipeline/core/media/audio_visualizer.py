"""Audio visualizer: background video for recordings without video (gradient, level bars that light up as they play)."""

from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, pcm_chunks
from content_pipeline.core.media.picture_conversion import BT709

WIDTH, HEIGHT = 1080, 1920
FRAMES_PER_SECOND = 30

_BACKGROUND, _MASK, _PROGRESS = "ground.png", "mask.png", "light.png"

# Gradient from top to bottom, with two glows: color, center and radius as shares of the frame.
_TOP, _BOTTOM = (30, 27, 75), (8, 12, 24)
_GLOWS = (((70, 28, 140), (0.12, 0.10), 0.75), ((13, 84, 110), (0.95, 0.78), 0.65))

# The bars lie between the caption positions (top, middle, bottom).
_BARS, _BAR_STEP, _BAR_WIDTH, _BARS_HEIGHT, _BARS_TOP = 56, 14, 8, 176, 560
_BARS_WIDTH = _BARS * _BAR_STEP
_PLAYED, _UNPLAYED = (240, 238, 255), (92, 84, 150)
_LEVELS_PER_SECOND = 50
_SUPERSAMPLING = 4  # antialiasing: Pillow draws jagged edges


def visualizer_stream(sound: Path, seconds: float, folder: Path, language: str | None) -> Any:
    """An ffmpeg video stream of WIDTH × HEIGHT for the audio `sound` of `seconds`; writes its images to `folder`.

    `language` chooses among its sound tracks.
    """
    _background_image().save(folder / _BACKGROUND, compress_level=1)
    _bar_mask(_bar_levels(sound, seconds, language)).save(folder / _MASK)
    _progress_image().save(folder / _PROGRESS)
    # Each image is converted once, then repeated by a filter: `-loop` would convert it 30 times a second.
    background, mask, progress = (_looped_image(name, pixels) for name, pixels in
                           ((_BACKGROUND, "yuv420p"), (_MASK, "gray"), (_PROGRESS, "yuv444p")))  # fmt: skip
    playing = progress.filter("crop", _BARS_WIDTH, _BARS_HEIGHT, f"{_BARS_WIDTH}*(1-t/{seconds:.3f})", 0)
    bars = ffmpeg.filter([playing, mask], "alphamerge")
    return (
        ffmpeg.overlay(background, bars, x=(WIDTH - _BARS_WIDTH) // 2, y=_BARS_TOP)
        .filter("setparams", **BT709)
        .trim(end=seconds)
    )


def _looped_image(name: str, pixels: str) -> Any:
    picture = ffmpeg.input(name, framerate=FRAMES_PER_SECOND)
    return (
        picture.filter("scale", out_range="tv", out_color_matrix="bt709")
        .filter("format", pixels)
        .filter("loop", loop=-1, size=1)
    )


def _background_image() -> Image.Image:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    slope = (0.75 * rows / HEIGHT + 0.25 * columns / WIDTH)[..., None]
    picture = _to_linear_light(_TOP) * (1 - slope) + _to_linear_light(_BOTTOM) * slope
    for color, (x, y), radius in _GLOWS:
        distance = np.hypot(columns / WIDTH - x, (rows / HEIGHT - y) * HEIGHT / WIDTH) / radius
        share = (0.7 * np.exp(-1.5 * distance**2))[..., None]
        picture = picture * (1 - share) + _to_linear_light(color) * share
    # Dither: without it the dark gradient shows banding at eight bits.
    noise = np.random.default_rng(0).triangular(-1.5, 0, 1.5, (HEIGHT, WIDTH, 1)).astype(np.float32)
    return Image.fromarray((255 * picture ** (1 / 2.2) + noise).round().clip(0, 255).astype(np.uint8))


def _to_linear_light(color: tuple[int, int, int]) -> NDArray[np.float32]:
    """sRGB to linear light: blending sRGB values directly gives muddy midtones."""
    return np.asarray((np.array(color) / 255) ** 2.2, dtype=np.float32)


def _bar_levels(sound: Path, seconds: float, language: str | None) -> NDArray[np.float32]:
    """The level of each bar, from 0 to 1 (the loudest)."""
    step = SAMPLE_RATE // _LEVELS_PER_SECOND
    chunks = pcm_chunks(sound, seconds=seconds, language=language)
    energies = np.concatenate(
        [np.square(chunk[: len(chunk) // step * step].reshape(-1, step)).mean(axis=1) for chunk in chunks]
    )
    bars = np.array([part.mean() if len(part) else 0 for part in np.array_split(energies, _BARS)], dtype=np.float32)
    return np.asarray((bars / max(bars.max(), 1e-9)) ** 0.3, dtype=np.float32)


def _bar_mask(levels: NDArray[np.float32]) -> Image.Image:
    mask = Image.new("L", (_BARS_WIDTH * _SUPERSAMPLING, _BARS_HEIGHT * _SUPERSAMPLING))
    draw = ImageDraw.Draw(mask)
    for number, level in enumerate(levels):
        height = max(_BAR_WIDTH, round(float(level) * _BARS_HEIGHT))
        left, top = number * _BAR_STEP + (_BAR_STEP - _BAR_WIDTH) / 2, (_BARS_HEIGHT - height) / 2
        box = (left, top, left + _BAR_WIDTH, top + height)
        draw.rounded_rectangle(
            [_SUPERSAMPLING * edge for edge in box], radius=_SUPERSAMPLING * _BAR_WIDTH / 2, fill=230
        )
    return mask.resize((_BARS_WIDTH, _BARS_HEIGHT), Image.Resampling.LANCZOS)


def _progress_image() -> Image.Image:
    """Played and unplayed colors side by side; a crop window slides from the right half to the left."""
    progress = Image.new("RGB", (2 * _BARS_WIDTH, _BARS_HEIGHT), _UNPLAYED)
    progress.paste(_PLAYED, (0, 0, _BARS_WIDTH, _BARS_HEIGHT))
    return progress
