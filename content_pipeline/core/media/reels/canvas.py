"""What moving patterns are painted with: a small picture in floating point, and shapes that are cheap to lay on it.

Planes are red, green and blue as sRGB numbers from 0 to 1, shaped (3, height, width). Lengths are shares of the
picture's width: x runs from 0 to 1, y from 0 at the top to TALL. Phases run from 0 to 1 over one loop, so whatever
depends on a phase only by whole turns comes back to where it began.
"""

from collections.abc import Sequence
from math import pi, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

# In practice float32: Python's numbers keep it, NumPy's own (`np.sin(1.0)`) would make everything twice as slow.
Plane = NDArray[np.floating[Any]]
Planes = NDArray[np.floating[Any]]
RGB = tuple[int, int, int]

ASPECT = 16 / 9
RAMP_STEPS = 2048  # of a ramp
WHITE: RGB = (255, 255, 255)


def wave(phase: float, turns: int = 1, offset: float = 0.0) -> float:
    """Between -1 and 1, back where it began `turns` times a loop; `offset` is a share of a turn."""
    return sin(2 * pi * (turns * phase + offset))


class Canvas:
    """The coordinates of a picture `width` pixels wide and 16:9 upright, and what is painted by them."""

    def __init__(self, width: int) -> None:
        self.width, self.height = width, width * 16 // 9
        self.x: Plane = ((np.arange(self.width, dtype=np.float32) + 0.5) / width)[None, :]
        self.y: Plane = ((np.arange(self.height, dtype=np.float32) + 0.5) / width)[:, None]

    def vertical_gradient(self, colors: Sequence[RGB]) -> Planes:
        """Colours from top to bottom."""
        column = apply_ramp(color_ramp(colors), self.y / ASPECT)
        return np.repeat(column, self.width, axis=2)

    def mesh_gradient(self, spots: Sequence[tuple[RGB, float, float, float]]) -> Planes:
        """Soft spots (colour, x, y, radius) that share the picture among them, mixed as light."""
        # Not one product of matrices, though it could be: BLAS would burn a second core to be hardly faster.
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
        """A soft spot: 1 at its centre, 0.37 at the given radii."""
        spot: Plane = np.exp(-(((self.y - y) / down) ** 2)) * np.exp(-(((self.x - x) / across) ** 2))
        return spot

    def coverage(self, distance: Plane, softness: float = 0.0) -> Plane:
        """How much of each pixel lies inside a shape, by its distance from the edge (positive inside)."""
        opacity: Plane = np.clip(distance / max(softness, 1 / self.width) + 0.5, 0, 1)
        return opacity

    def disc(
        self, planes: Planes, color: RGB, at: tuple[float, float], radius: float, *,
        opacity: float, softness: float = 0.004, rim: float = 0.0,
    ) -> None:  # fmt: skip
        """Lay a disc on the picture; `rim` is how much weaker its inside is than its edge."""
        x, y = at
        rows, columns = self._pixel_range(y, radius + softness), self._pixel_range(x, radius + softness)
        distance = radius - np.sqrt((self.x[:, columns] - x) ** 2 + (self.y[rows] - y) ** 2)
        inside = self.coverage(distance, softness)
        if rim:
            inside *= 1 - rim + rim * np.exp(-np.maximum(distance, 0) / (0.22 * radius))
        blend(planes[:, rows, columns], color, opacity * inside)

    def stars(self, planes: Planes, count: int, lowest: float) -> None:
        """Sprinkle the same stars every time, down to `lowest`."""
        for x, y, shine in np.random.default_rng(7).uniform((0, 0, 0.1), (1, lowest, 0.7), (count, 3)).tolist():
            self.disc(planes, WHITE, (x, y), 0.0016, opacity=shine, softness=0.0026)

    def _pixel_range(self, middle: float, radius: float) -> slice:
        """The pixels of a row or column that a shape covers."""
        return slice(max(int((middle - radius) * self.width), 0), max(int((middle + radius) * self.width) + 2, 0))


def blend(planes: Planes, color: RGB, opacity: Plane) -> None:
    """Mix a colour into the picture, in place."""
    for plane, value in zip(planes, color, strict=True):
        plane += opacity * (value / 255 - plane)


def screen_blend(planes: Planes, color: RGB, amount: Plane) -> None:
    """Add light to the picture, in place: it brightens, and never burns out."""
    for plane, value in zip(planes, color, strict=True):
        plane += value / 255 * amount * (1 - plane)


def color_ramp(colors: Sequence[RGB], places: Sequence[float] | None = None) -> Planes:
    """The colours in even distances, or at `places` from 0 to 1, as (3, STEPS) to look up in."""
    places = places or [number / (len(colors) - 1) for number in range(len(colors))]
    steps = np.linspace(0, 1, RAMP_STEPS)
    channels = zip(*colors, strict=True)
    return np.sqrt([np.interp(steps, places, np.square(channel) / 255**2) for channel in channels]).astype(np.float32)


def apply_ramp(table: Planes, field: Plane) -> Planes:
    """A field of numbers from 0 to 1 in the colours of a ramp."""
    steps = (np.clip(field, 0, 1) * (RAMP_STEPS - 1)).astype(np.int32)
    return table.take(steps, axis=1)  # five times as fast as an index
