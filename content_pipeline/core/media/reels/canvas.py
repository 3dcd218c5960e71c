"""Raster primitives for procedural backgrounds: a float image, gradients, discs, blend modes.

Planes are red, green and blue as sRGB values from 0 to 1, shaped (3, height, width). Lengths are in picture widths: x
runs from 0 to 1, y from 0 at the top to ASPECT. Phases run from 0 to 1 over one loop, so anything periodic in the
phase with a whole number of periods loops seamlessly.
"""

from collections.abc import Sequence
from math import pi, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

# In practice this is float32. Python scalars keep it; NumPy scalars (`np.sin(1.0)`) promote it to float64, which is
# twice as slow.
Plane = NDArray[np.floating[Any]]
Planes = NDArray[np.floating[Any]]
RGB = tuple[int, int, int]

ASPECT = 16 / 9
RAMP_STEPS = 2048  # of a ramp
WHITE: RGB = (255, 255, 255)


def wave(phase: float, turns: int = 1, offset: float = 0.0) -> float:
    """A sine from -1 to 1 with `turns` periods per loop; `offset` is a fraction of a period."""
    return sin(2 * pi * (turns * phase + offset))


class Canvas:
    """Coordinate grids of a 9:16 picture `width` pixels wide, and the drawing operations."""

    def __init__(self, width: int) -> None:
        self.width, self.height = width, width * 16 // 9
        self.x: Plane = ((np.arange(self.width, dtype=np.float32) + 0.5) / width)[None, :]
        self.y: Plane = ((np.arange(self.height, dtype=np.float32) + 0.5) / width)[:, None]

    def vertical_gradient(self, colors: Sequence[RGB]) -> Planes:
        """A vertical gradient, from top to bottom."""
        column = apply_ramp(color_ramp(colors), self.y / ASPECT)
        return np.repeat(column, self.width, axis=2)

    def mesh_gradient(self, spots: Sequence[tuple[RGB, float, float, float]]) -> Planes:
        """Mesh gradient: soft spots (color, x, y, radius), blended by weight in approximately linear light."""
        # This is not a matrix product, because BLAS would use a second core for hardly any gain.
        mixed = np.zeros((3, self.height, self.width), np.float32)
        whole = np.full((self.height, self.width), 1e-6, np.float32)
        for color, x, y, radius in spots:
            opacity = self.glow(x, y, radius, radius)
            whole += opacity
            for plane, value in zip(mixed, color, strict=True):
                plane += (value / 255) ** 2 * opacity
        planes: Planes = np.sqrt(mixed / whole)
        return planes

    def glow(self, x: float, y: float, across: float, down: float) -> Plane:
        """A Gaussian spot: 1 at its center, 0.37 at the given radii."""
        spot: Plane = np.exp(-(((self.y - y) / down) ** 2)) * np.exp(-(((self.x - x) / across) ** 2))
        return spot

    def coverage(self, distance: Plane, softness: float = 0.0) -> Plane:
        """Antialiased coverage of each pixel by a shape, from its signed distance to the edge (positive inside)."""
        opacity: Plane = np.clip(distance / max(softness, 1 / self.width) + 0.5, 0, 1)
        return opacity

    def disc(
        self, planes: Planes, color: RGB, at: tuple[float, float], radius: float, *,
        opacity: float, softness: float = 0.004, rim: float = 0.0,
    ) -> None:  # fmt: skip
        """Draw a disc in place; `rim` is how much more transparent its center is than its edge."""
        x, y = at
        rows, columns = self._pixel_range(y, radius + softness), self._pixel_range(x, radius + softness)
        distance = radius - np.sqrt((self.x[:, columns] - x) ** 2 + (self.y[rows] - y) ** 2)
        inside = self.coverage(distance, softness)
        if rim:
            inside *= 1 - rim + rim * np.exp(-np.maximum(distance, 0) / (0.22 * radius))
        blend(planes[:, rows, columns], color, opacity * inside)

    def stars(self, planes: Planes, count: int, lowest: float) -> None:
        """Draw pseudo-random stars (fixed seed) down to y = `lowest`."""
        for x, y, shine in np.random.default_rng(7).uniform((0, 0, 0.1), (1, lowest, 0.7), (count, 3)).tolist():
            self.disc(planes, WHITE, (x, y), 0.0016, opacity=shine, softness=0.0026)

    def _pixel_range(self, middle: float, radius: float) -> slice:
        """The pixel range along one axis that a shape covers."""
        return slice(max(int((middle - radius) * self.width), 0), max(int((middle + radius) * self.width) + 2, 0))


def blend(planes: Planes, color: RGB, opacity: Plane) -> None:
    """Alpha-blend a color into the picture, in place."""
    for plane, value in zip(planes, color, strict=True):
        plane += opacity * (value / 255 - plane)


def screen_blend(planes: Planes, color: RGB, amount: Plane) -> None:
    """Screen blend, in place: brightens without clipping."""
    for plane, value in zip(planes, color, strict=True):
        plane += value / 255 * amount * (1 - plane)


def color_ramp(colors: Sequence[RGB], places: Sequence[float] | None = None) -> Planes:
    """A color lookup table of shape (3, RAMP_STEPS): colors evenly spaced, or at `places` from 0 to 1."""
    places = places or [number / (len(colors) - 1) for number in range(len(colors))]
    steps = np.linspace(0, 1, RAMP_STEPS)
    channels = zip(*colors, strict=True)
    return np.sqrt([np.interp(steps, places, np.square(channel) / 255**2) for channel in channels]).astype(np.float32)


def apply_ramp(table: Planes, field: Plane) -> Planes:
    """Map a field of values from 0 to 1 to the colors of a ramp."""
    steps = (np.clip(field, 0, 1) * (RAMP_STEPS - 1)).astype(np.int32)
    return table.take(steps, axis=1)  # five times as fast as an index
