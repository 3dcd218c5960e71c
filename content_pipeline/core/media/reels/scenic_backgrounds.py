"""Procedural scenic backgrounds (sky, hills, water, neon grid), with the interface of `abstract_backgrounds`."""

from collections.abc import Sequence
from math import pi, sin

import numpy as np

from content_pipeline.core.media.reels.abstract_backgrounds import FINE_WIDTH, Painter
from content_pipeline.core.media.reels.canvas import (
    ASPECT,
    RAMP_STEPS,
    RGB,
    Canvas,
    Plane,
    Planes,
    apply_ramp,
    blend,
    color_ramp,
    screen_blend,
    wave,
)


def aurora(colors: Sequence[RGB]) -> Painter:
    """Aurora over a ridge. Colors: the sky's top and bottom, the light's bottom, middle, top, the ridge."""
    canvas = Canvas(FINE_WIDTH)
    top, bottom, foot, middle, crown, ridge = colors
    sky = canvas.vertical_gradient([top, bottom])
    canvas.stars(sky, 90, lowest=1.3)
    ground = canvas.coverage(canvas.y - _ridge(canvas))
    table = color_ramp([crown, crown, middle, foot, foot], [0, 0.15, 0.45, 0.8, 1]) * np.linspace(
        0, 1, RAMP_STEPS, dtype=np.float32
    )

    def paint(phase: float) -> Planes:
        shine = 0.55 * _aurora_curtain(canvas, phase, base=0.66, height=0.30, offset=2.1)
        shine += 0.80 * _aurora_curtain(canvas, phase, base=0.98, height=0.42, offset=0.4)
        shine += 0.40 * _aurora_curtain(canvas, phase, base=1.32, height=0.30, offset=4.2)
        planes = apply_ramp(table, shine)
        planes += sky * (1 - planes)
        blend(planes, ridge, ground)
        return planes

    return paint


def _ridge(canvas: Canvas) -> Plane:
    waves = ((0.050, 5.7, 0.6), (0.030, 14.5, 2.5), (0.012, 38.3, 0.0))
    ridge: Plane = 1.56 - sum(height * np.sin(often * canvas.x + offset) for height, often, offset in waves)
    return ridge


def _aurora_curtain(canvas: Canvas, phase: float, *, base: float, height: float, offset: float) -> Plane:
    """Vertical rays above a wavy baseline that fade upwards, each to its own height."""
    turn = 2 * pi * phase
    bend = 0.16 * np.sin(2.6 * canvas.x + offset + 0.6 * sin(turn + offset))
    above = base + bend + 0.05 * np.sin(7 * canvas.x + 2 * offset + sin(turn)) - canvas.y
    folds = 6.5 * canvas.x + 1.1 * np.sin(3.1 * canvas.x + turn + offset)
    rays = 0.55 + 0.25 * np.sin(3 * folds + turn) + 0.20 * np.sin(7.3 * folds - turn + offset)
    curtain: Plane = rays * np.exp(np.minimum(-above / (height * (0.55 + 0.45 * rays)), above / 0.022))
    return curtain


def dunes(colors: Sequence[RGB]) -> Painter:
    """Parallax dunes under a low sun. Colors: three of the sky, the sun's, then the dunes' from far to near."""
    canvas = Canvas(FINE_WIDTH)
    sky = canvas.vertical_gradient([*colors[:3], colors[2]])
    sun, hills = colors[3], colors[4:]

    def paint(phase: float) -> Planes:
        planes = sky.copy()
        height = 1.04 + 0.015 * wave(phase)
        screen_blend(planes, sun, 0.62 * canvas.glow(0.64, height, 0.50, 0.42))
        canvas.disc(planes, sun, (0.64, height), 0.155, opacity=0.96, softness=0.006)
        for n, color in enumerate(hills):
            near = n / (len(hills) - 1)
            place = 2 * pi * (canvas.x / (1.5 - 0.35 * near) + 0.27 * n - phase)
            top = 1.14 + 0.42 * near + (0.05 + 0.035 * near) * np.sin(place) + 0.022 * np.sin(2 * place + n)
            first = int(top.min() * canvas.width) - 1
            body, depth = planes[:, first:], canvas.y[first:] - top
            hill = canvas.coverage(depth)
            blend(body, color, hill)
            screen_blend(body, sun, 0.20 * (1 - near) * np.exp(-np.maximum(depth, 0) / 0.10) * hill)
        return planes

    return paint


def underwater(colors: Sequence[RGB]) -> Painter:
    """Light rays from above and rising bubbles. Colors: from the surface to the bottom, then the light."""
    canvas = Canvas(FINE_WIDTH)
    water, shine = canvas.vertical_gradient(colors[:-1]), colors[-1]
    angle = np.arctan2(canvas.x - 0.62, canvas.y + 0.55)
    fade = 0.75 * np.exp(-canvas.y / 0.75) + 0.03
    bubbles = np.random.default_rng(11).uniform(0, 1, (26, 3)).tolist()
    span = ASPECT + 0.2

    def paint(phase: float) -> Planes:
        planes = water.copy()
        turn = 2 * pi * phase
        beams = np.sin(23 * angle + 1.6 * sin(turn)) + np.sin(41 * angle - 1.9 * sin(turn + 1))
        beams += np.sin(11 * angle + turn)
        screen_blend(planes, shine, fade * np.clip(0.30 + beams / 4, 0, 1) ** 1.5)
        for n, (x, y, size) in enumerate(bubbles):
            speed = 1 if size < 0.6 else 2
            at = (x + 0.015 * wave(phase, 3, n / 7), span - 0.1 - (y + speed * phase) % 1 * span)
            canvas.disc(planes, shine, at, 0.006 + 0.03 * size**3, opacity=0.55, rim=0.85)
        return planes

    return paint


def neon_grid(colors: Sequence[RGB]) -> Painter:
    """Synthwave grid moving towards the viewer under a striped sun.

    Colors: the sky's top, the haze above the horizon, the floor, the sun's top and foot, the lines.
    """
    canvas = Canvas(FINE_WIDTH)
    top, haze, floor, sun_top, sun_foot, lines = colors
    # Low, so that the stripes are below the progress bar.
    horizon, speed, stripes = 1.5, 8, 4
    sky = canvas.vertical_gradient([top, top, haze, haze])
    canvas.stars(sky, 70, lowest=0.9)
    screen_blend(sky, sun_foot, 0.55 * canvas.glow(0.5, horizon - 0.2, 0.55, 0.45))
    sun = canvas.coverage(0.27 - np.sqrt((canvas.x - 0.5) ** 2 + (canvas.y - horizon + 0.20) ** 2))
    sun_colors = apply_ramp(color_ramp([sun_top, sun_foot]), (canvas.y - horizon + 0.47) / 0.46)
    below_middle = np.clip((canvas.y - horizon + 0.28) / 0.28, 0, 1)
    ground = canvas.coverage(canvas.y - horizon)
    depth = 0.16 / np.maximum(canvas.y - horizon, 1e-3)
    glow = ground * np.clip((canvas.y - horizon) / 0.35, 0, 1) ** 0.7
    lengthwise = _line_glow((canvas.x - 0.5) * depth * 7, width=0.0245 * depth)

    def paint(phase: float) -> Planes:
        planes = sky.copy()
        gap = np.clip((0.15 + 0.45 * below_middle - (6 * below_middle - stripes * phase) % 1) * 25 + 0.5, 0, 1)
        planes += sun * (1 - gap * (below_middle > 0)) * (sun_colors - planes)
        blend(planes, floor, ground)
        crosswise = _line_glow(3 * depth + speed * phase, width=0.056 * depth**2)
        screen_blend(planes, lines, glow * np.maximum(lengthwise, crosswise))
        screen_blend(planes, lines, (0.8 + 0.1 * wave(phase, 2)) * canvas.glow(0.5, horizon, 3.0, 0.05))
        return planes

    return paint


def _line_glow(place: Plane, width: Plane) -> Plane:
    """A glow around every integer of `place`."""
    return np.exp(-np.abs(place - np.round(place)) / width)
