"""Procedural abstract backgrounds: each takes a palette and returns a painter for any phase of its loop."""

from collections.abc import Callable, Sequence
from math import cos, pi, sin

import numpy as np

from content_pipeline.core.media.reels.canvas import (
    ASPECT,
    RAMP_STEPS,
    RGB,
    WHITE,
    Canvas,
    Plane,
    Planes,
    apply_ramp,
    blend,
    color_ramp,
    wave,
)

Painter = Callable[[float], Planes]
Pattern = Callable[[Sequence[RGB]], Painter]

# Working width: sharp edges need two fifths of the frame, soft shapes a quarter.
FINE_WIDTH, SOFT_WIDTH = 432, 270


def glass(colors: Sequence[RGB]) -> Painter:
    """A mesh gradient of six moving colors under translucent discs."""
    canvas = Canvas(FINE_WIDTH)
    places = [(0.1, 0.1), (0.95, 0.35), (0.05, 0.75), (0.9, 1.05), (0.2, 1.5), (0.95, 1.75)]
    discs = [(0.18, 0.34, 0.30), (0.92, 0.72, 0.22), (0.10, 1.20, 0.17), (0.80, 1.46, 0.34)]

    def paint(phase: float) -> Planes:
        planes = canvas.mesh_gradient([
            (color, x + 0.22 * wave(phase, 1, 0.31 * n), y + 0.2 * wave(phase, 1, 0.17 * n + 0.25), 0.55)
            for n, (color, (x, y)) in enumerate(zip(colors, places, strict=True))
        ])  # fmt: skip
        for n, (x, y, radius) in enumerate(discs):
            at = (x + 0.05 * wave(phase, 1, 0.23 * n), y + 0.07 * wave(phase, 1, 0.37 * n + 0.1))
            canvas.disc(planes, WHITE, at, radius, opacity=0.20, rim=0.72)
        return planes

    return paint


def halftone(colors: Sequence[RGB]) -> Painter:
    """Halftone dots that pulse in waves. Colors: the background's, then the dots'."""
    canvas = Canvas(FINE_WIDTH)
    *grounds, dots = colors
    pitch = 0.095
    along, across = (canvas.x + canvas.y) * 0.7071 / pitch, (canvas.x - canvas.y) * 0.7071 / pitch
    to_center = np.sqrt((along - np.round(along)) ** 2 + (across - np.round(across)) ** 2)
    far = np.sqrt((canvas.x - 0.5) ** 2 + ((canvas.y - 0.75) / 1.1) ** 2)

    def paint(phase: float) -> Planes:
        planes = canvas.mesh_gradient([
            (color, 0.5 + 0.5 * wave(phase, 1, n / 4), 0.25 + 1.3 * n / (len(grounds) - 1), 0.8)
            for n, color in enumerate(grounds)
        ])  # fmt: skip
        turn = 2 * pi * phase
        swell = np.sin(3.5 * canvas.x + 5 * canvas.y - turn) + 0.5 * np.sin(5.7 * canvas.x - 3.1 * canvas.y + turn)
        radius = 0.56 * (far - 0.17) * (1 + 0.45 * swell)
        blend(planes, dots, 0.8 * canvas.coverage((radius - to_center) * pitch, softness=0.003))
        return planes

    return paint


def paper(colors: Sequence[RGB]) -> Painter:
    """Layered paper cutouts with shadows. Colors: from the lowest sheet to the topmost."""
    canvas = Canvas(FINE_WIDTH)
    table = _layered_ramp(colors)

    def paint(phase: float) -> Planes:
        turn = 2 * pi * phase
        field = (
            np.sin(2.2 * canvas.x + 1.4 * canvas.y + 0.9 * sin(turn))
            + np.sin(3.1 * canvas.y - 2.4 * canvas.x + 1.0 * cos(turn) + 1)
            + 0.5 * np.sin(5.2 * canvas.x + 0.8 * np.sin(2.6 * canvas.y + turn))
        )
        far = ((canvas.x - 0.5) / 0.62) ** 2 + ((canvas.y - 0.80) / 0.85) ** 2
        return apply_ramp(table, 0.16 + 0.14 * field + 0.34 * np.minimum(far, 1.6))

    return paint


def _layered_ramp(colors: Sequence[RGB]) -> Planes:
    """A stepped color ramp, each step darkened towards the next by its drop shadow."""
    height = np.linspace(0, 1, RAMP_STEPS) * len(colors)
    sheet = np.minimum(height.astype(int), len(colors) - 1)
    below_next = np.where(sheet < len(colors) - 1, 1 - height % 1, 9)
    flat = np.array(colors).T / 255
    shaded = flat[:, sheet] * (1 - 0.34 * np.exp(-below_next / 0.16))
    edge = np.clip(height % 1 / 0.025, 0, 1)  # antialiased over about two pixels
    return (flat[:, np.maximum(sheet - 1, 0)] * 0.66 * (1 - edge) + shaded * edge).astype(np.float32)


def contours(colors: Sequence[RGB]) -> Painter:
    """Topographic contour lines that slowly change. Colors: from low to high ground, thin lines, thick lines."""
    canvas = Canvas(FINE_WIDTH)
    *grounds, thin, thick = colors
    ground, lines = color_ramp(grounds), 12

    def paint(phase: float) -> Planes:
        turn = 2 * pi * phase
        field = (
            np.sin(3.0 * canvas.x + 1.1 * np.sin(1.9 * canvas.y + turn) + 0.5)
            + np.sin(2.7 * canvas.y - 1.3 * canvas.x + 0.8 * sin(turn + 1))
            + 0.45 * np.sin(6.3 * canvas.x + 4.1 * canvas.y - turn)
        )
        height = (field + 2.45) / 4.9
        planes = apply_ramp(ground, height)
        down, across = np.gradient(height * lines)
        steepness = np.sqrt(down**2 + across**2) + 1e-4
        for color, every, width, opacity in ((thin, 1, 1.0, 0.5), (thick, 4, 1.7, 0.9)):
            blend(planes, color, opacity * np.clip(width - _distance_to_line(height * lines, every) / steepness, 0, 1))
        return planes

    return paint


def _distance_to_line(height: Plane, every: int) -> Plane:
    return np.abs(height - np.round(height / every) * every)


def bokeh(colors: Sequence[RGB]) -> Painter:
    """Bokeh lights that drift upwards. Colors: four of the background, then the lights'."""
    canvas = Canvas(SOFT_WIDTH)
    grounds, lights = colors[:4], colors[4:]
    places = [(0.1, 0.1), (0.9, 0.5), (0.1, 1.2), (0.95, 1.7)]
    discs = np.random.default_rng(5).uniform((0, 0, 0.03), (1, 1, 0.13), (34, 3)).tolist()
    span = ASPECT + 0.4

    def paint(phase: float) -> Planes:
        planes = canvas.mesh_gradient([
            (color, x + 0.15 * wave(phase, 1, n / 4), y, 0.6)
            for n, (color, (x, y)) in enumerate(zip(grounds, places, strict=True))
        ])  # fmt: skip
        for n, (x, y, radius) in enumerate(discs):
            at = (x + 0.03 * wave(phase, 1, n / 9), span - 0.2 - (y + phase * (1 + n % 2)) % 1 * span)
            glimmer = 0.22 + 0.12 * wave(phase, 1 + n % 3, n / 5)
            canvas.disc(planes, lights[n % len(lights)], at, radius, opacity=glimmer, softness=0.012, rim=0.45)
        return planes

    return paint


def silk(colors: Sequence[RGB]) -> Painter:
    """Silk folds. Colors: from the deepest fold to the brightest edge."""
    canvas = Canvas(SOFT_WIDTH)
    table = color_ramp(colors)

    def paint(phase: float) -> Planes:
        turn = 2 * pi * phase
        along, across = canvas.y - 0.5 * canvas.x, canvas.x + 0.5 * canvas.y
        across = across + 0.15 * np.sin(2.6 * along + turn) + 0.05 * np.sin(6.3 * along - turn + 3 * canvas.x)
        fold = 13 * across + 1.2 * np.sin(2.1 * along + 0.8 * sin(turn) + 2 * canvas.x)
        sheen = 0.5 + 0.5 * np.sin(fold + 0.75 * np.cos(fold))  # skewed: a long slope, then a crease
        crumple = 0.5 + 0.5 * np.sin(5.5 * across - 3.4 * along + turn)
        return apply_ramp(table, (sheen * (0.42 + 0.58 * crumple)) ** 1.6)

    return paint


def rays(colors: Sequence[RGB]) -> Painter:
    """Rays that turn slowly around a point above the middle. Colors: the background's center and rim, the rays'."""
    canvas = Canvas(FINE_WIDTH)
    center, rim, ray = colors
    across, down = canvas.x - 0.5, canvas.y - 0.62
    far = np.sqrt(across**2 + down**2)
    ground = apply_ramp(color_ramp((center, rim)), far / 1.15)
    stripes = 9
    turn = np.arctan2(down, across) * stripes / (2 * pi)

    def paint(phase: float) -> Planes:
        planes = ground.copy()
        place = (turn + phase) % 1
        inside = (0.25 - np.abs(place - 0.5)) * 2 * pi * far / stripes
        fade = np.clip(far / 0.5, 0.15, 1) * (0.75 + 0.25 * wave(phase))
        blend(planes, ray, 0.55 * fade * canvas.coverage(inside, softness=0.004))
        return planes

    return paint


def honeycomb(colors: Sequence[RGB]) -> Painter:
    """Hexagons that light up in waves. Colors: from the dark cells to the lit ones, then the gaps'."""
    canvas = Canvas(FINE_WIDTH)
    *cells, gap = colors
    table, size = color_ramp(cells), 0.12
    width, height = size, size * 3**0.5
    x, y = np.broadcast_arrays(canvas.x, canvas.y)
    one = (x % width - width / 2, y % height - height / 2)
    other = ((x - width / 2) % width - width / 2, (y - height / 2) % height - height / 2)
    nearer = one[0] ** 2 + one[1] ** 2 < other[0] ** 2 + other[1] ** 2
    across, down = (np.where(nearer, *pair) for pair in zip(one, other, strict=True))
    to_edge = size / 2 - np.maximum(np.abs(across) / 2 + np.abs(down) * 3**0.5 / 2, np.abs(across))
    column, row = x - across, y - down
    gaps = canvas.coverage(0.004 - to_edge, softness=0.004)

    def paint(phase: float) -> Planes:
        turn = 2 * pi * phase
        light = np.sin(4.1 * column + 2.3 * row - turn) + 0.8 * np.sin(6.7 * row - 5.2 * column + turn + 1)
        glint = np.sin(37 * column + 91 * row) * np.sin(turn + 53 * column)
        planes = apply_ramp(table, 0.42 + 0.2 * light + 0.1 * glint)
        blend(planes, gap, 0.8 * gaps)
        return planes

    return paint
