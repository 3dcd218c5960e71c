"""The eyes and brows of an avatar as SVG, for any gaze, lid opening and brow height."""

from typing import NamedTuple

from content_pipeline.core.media.avatars.characters import Character
from content_pipeline.core.media.avatars.palette import clipped, darker, ellipse, lighter, line, path

# Center between the eyes, in canvas pixels, and their distance from it.
X, Y, APART = 540, 600, 90


class Eyes(NamedTuple):
    """`open`: 0 (closed) to 1. `across`, `down`: gaze, -1 to 1. `brows`: -1 (frown) to 1 (raised)."""

    open: float = 1.0
    across: float = 0.0
    down: float = 0.0
    brows: float = 0.0


def draw(character: Character, eyes: Eyes) -> str:
    """The SVG content of both eyes and brows, in canvas pixels."""
    iris = (
        f'<radialGradient id="iris" cy="0.65"><stop offset="0.1" stop-color="{lighter(character.eyes, 0.42)}"/>'
        f'<stop offset="0.75" stop-color="{character.eyes}"/>'
        f'<stop offset="1" stop-color="{darker(character.eyes, 0.55)}"/></radialGradient>'
    )
    return iris + "".join(
        f'<g transform="translate({X + side * APART} {Y}) scale({side} 1)">{_eye(character, eyes, side)}</g>'
        for side in (-1, 1)
    )


def _eye(character: Character, eyes: Eyes, side: int) -> str:
    """One eye around (0, 0), its outer corner to the right."""
    skin, dark = character.skin, darker(character.brows, 0.35)
    opening = eyes.open * (0.9 if character.age == "senior" else 1.0)
    lid = 18 - 50 * opening  # control points of the upper lid
    low = 25 + 1 * opening
    outline = f"M-44 8 C-30 {lid:.1f} 24 {lid - 4:.1f} 46 0 C30 {low:.1f} -22 {low:.1f} -44 8Z"
    lid_line = f"M-44 8 C-30 {lid:.1f} 24 {lid - 4:.1f} 46 0"
    fold = min(lid - 15, -16)
    thick = 5 + 4 * character.lashes + 2 * (1 - opening)
    parts = [
        path(f"M-42 4 C-30 {fold:.1f} 24 {fold - 6:.1f} 52 -8 L46 0 C24 {lid - 4:.1f} -30 {lid:.1f} -44 8Z",
             darker(skin, 0.16), 0.75),
        line(f"M-38 -4 C-26 {fold - 1:.1f} 24 {fold - 7:.1f} 51 -9", darker(skin, 0.48), 2.6, 0.55),
    ]  # fmt: skip
    if opening > 0.12:
        x, y = side * eyes.across * 15, eyes.down * 9 - 1
        inside = [
            path("M-60 -60H60V60H-60Z", "#fdfaf6"),
            ellipse(-44, 8, 12, 9, "#e9a79c", 0.55),
            ellipse(x, y, 24, 24.5, "url(#iris)"),
            ellipse(x, y, 10.5, 10.5, "#140b0d"),
            path(f"M-50 {lid - 30:.1f}H60V-4C30 {lid + 9:.1f} -28 {lid + 14:.1f} -46 12Z", "#3a2030", 0.22),
            ellipse(x - side * 8, y - 9, 6.8, 6.8, "#ffffff", 0.96),
            ellipse(x + side * 8, y + 9, 3.4, 3.4, "#ffffff", 0.6),
        ]
        parts.append(clipped(f"e{side + 1}", outline, "".join(inside)))
        parts.append(line(f"M-38 13 C-20 {low - 2:.1f} 28 {low - 2:.1f} 44 3", darker(skin, 0.5), 2.2, 0.6))
    parts.append(
        path(f"{lid_line} L{48 + 7 * character.lashes:.1f} {-4 - 4 * character.lashes:.1f} "
             f"C30 {lid - 4 - thick:.1f} -26 {lid + 2 - thick * 0.8:.1f} -46 9Z", dark)
    )  # fmt: skip
    return "".join([*parts, _brow(character, eyes.brows)])


def _brow(character: Character, raised: float) -> str:
    weight = 13 * character.brow_weight
    inner, peak = -62 - 15 * raised, -80 - 20 * raised
    outer = -58 - 13 * raised
    shape = (
        f"M-46 {inner:.1f} C-20 {peak + 6:.1f} 18 {peak - 6:.1f} 58 {outer:.1f} "
        f"C22 {peak + weight * 0.9:.1f} -16 {peak + weight * 1.4:.1f} -44 {inner + weight:.1f} "
        f"Q-51 {inner + weight * 0.5:.1f} -46 {inner:.1f}Z"
    )
    return path(shape, character.brows, 0.94)
