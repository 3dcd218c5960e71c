"""The mouth of an avatar as SVG: lips, teeth and tongue for any mouth shape."""

from typing import NamedTuple

from content_pipeline.core.media.avatars import faces
from content_pipeline.core.media.avatars.characters import Character
from content_pipeline.core.media.avatars.palette import clipped, darker, ellipse, lighter, line, mix, path

# Center of the closed mouth, in canvas pixels.
X, Y = 540, 764


class Mouth(NamedTuple):
    """A mouth shape; every value is 0 when the mouth is at rest.

    `open`: 0 to 1, height of the opening. `spread`: -1 (narrow) to 1 (wide). `pucker`: 0 to 1, lips pushed forward.
    `press`: 0 to 1, lips rolled in. `tuck`: 0 to 1, lower lip under the upper teeth. `tongue`: 0 to 1, its tip at the
    upper teeth. `smile`: 0 to 1, corners up.
    """

    open: float = 0.0
    spread: float = 0.0
    pucker: float = 0.0
    press: float = 0.0
    tuck: float = 0.0
    tongue: float = 0.0
    smile: float = 0.0


def draw(character: Character, mouth: Mouth) -> str:
    """The SVG content of the mouth, in canvas pixels."""
    half = (60 + 11 * mouth.spread + 7 * mouth.smile - 3 * mouth.open) * (1 - 0.33 * mouth.pucker)
    gap = max(58 * mouth.open, 11 * mouth.tuck)
    top, bottom = Y - 0.28 * gap, Y + 0.72 * gap
    corner = Y + 0.12 * gap - 9 * mouth.smile - 2 * mouth.spread
    inner = _inner(half, top, bottom, corner)
    thick = (1 + 0.3 * mouth.pucker - 0.18 * max(mouth.spread, 0)) * (1 - 0.5 * mouth.press)
    upper, lower = 13 * thick, 18 * thick * (1 - 0.4 * mouth.tuck)
    lips, middle = character.lips, 0.75 * bottom + 0.25 * corner  # the lowest point of the opening's curve
    around = character.skin if character.beard in ("none", "stubble") else character.hair_color
    content = [
        faces.beard_beside(character, half),
        ellipse(X, middle + lower + 9, half * 0.5, 6, darker(around, 0.35), 0.35),
        _corner_shadows(character, half, corner),
        path(_lower_lip(half, bottom, lower, corner), mix(lips, lighter(lips, 0.4), 0.35)),
        ellipse(X - 4, middle + lower * 0.55, half * 0.3, lower * 0.17, lighter(lips, 0.75), 0.5),
        path(_upper_lip(half, top, upper, corner), darker(lips, 0.08)),
    ]
    if gap > 2.5:
        content.append(clipped("m", inner, _inside(mouth, half, top, bottom)))
    content.append(
        line(_inner(half, top, bottom, corner) if gap > 2.5 else _seam(half, corner), darker(lips, 0.5), 3, 0.8)
    )
    return "".join(content)


def _inner(half: float, top: float, bottom: float, corner: float) -> str:
    left, right, bend = X - half + 4, X + half - 4, half * 0.52
    return (
        f"M{left:.1f} {corner:.1f} C{X - bend:.1f} {top:.1f} {X - 14:.1f} {top:.1f} {X} {top + 1.5:.1f} "
        f"C{X + 14:.1f} {top:.1f} {X + bend:.1f} {top:.1f} {right:.1f} {corner:.1f} "
        f"C{X + bend * 1.18:.1f} {bottom + 1:.1f} {X - bend * 1.18:.1f} {bottom + 1:.1f} {left:.1f} {corner:.1f} Z"
    )


def _seam(half: float, corner: float) -> str:
    middle = Y + (Y - corner) * 0.25
    return (
        f"M{X - half:.1f} {corner:.1f} Q{X - half * 0.5:.1f} {middle + 2:.1f} {X} {middle + 1:.1f} "
        f"Q{X + half * 0.5:.1f} {middle + 2:.1f} {X + half:.1f} {corner:.1f}"
    )


def _upper_lip(half: float, top: float, thick: float, corner: float) -> str:
    peak, left, right = top - thick, X - half, X + half
    return (
        f"M{left:.1f} {corner:.1f} C{X - half * 0.62:.1f} {peak + thick * 0.35:.1f} {X - half * 0.4:.1f} "
        f"{peak - 1:.1f} "
        f"{X - half * 0.2:.1f} {peak:.1f} Q{X} {peak + thick * 0.42:.1f} {X + half * 0.2:.1f} {peak:.1f} "
        f"C{X + half * 0.4:.1f} {peak - 1:.1f} {X + half * 0.62:.1f} {peak + thick * 0.35:.1f} {right:.1f} "
        f"{corner:.1f} "
        f"C{X + half * 0.5:.1f} {top + 3:.1f} {X - half * 0.5:.1f} {top + 3:.1f} {left:.1f} {corner:.1f} Z"
    )


def _lower_lip(half: float, bottom: float, thick: float, corner: float) -> str:
    left, right, bend = X - half + 2, X + half - 2, half * 0.6
    return (
        f"M{left:.1f} {corner:.1f} C{X - bend:.1f} {bottom - 3:.1f} {X + bend:.1f} {bottom - 3:.1f} {right:.1f} "
        f"{corner:.1f} "
        f"C{X + bend:.1f} {bottom + thick * 1.32:.1f} {X - bend:.1f} {bottom + thick * 1.32:.1f} {left:.1f} "
        f"{corner:.1f} Z"
    )


def _inside(mouth: Mouth, half: float, top: float, bottom: float) -> str:
    """Throat, tongue and teeth; the caller clips them to the opening."""
    gap = bottom - top
    tongue_top = bottom - 0.36 * gap + 2 - mouth.tongue * 0.42 * gap
    teeth = min(8 + 0.2 * gap, 17) * (1 - 0.55 * mouth.pucker)
    return "".join([
        path(f"M{X - half} {top - 10:.1f}h{2 * half:.1f}v{gap + 20:.1f}h{-2 * half:.1f}Z", "#3d0f1b"),
        ellipse(X, tongue_top + 22, half * 0.62, 24, "#cf5f68"),
        ellipse(X, tongue_top + 26, half * 0.34, 20, "#e07f84", 0.7),
        path(
            f"M{X - half * 0.8:.1f} {bottom - 3 - 0.05 * gap:.1f}Q{X} {bottom - 12 - 0.02 * gap:.1f} "
                f"{X + half * 0.8:.1f} "
            f"{bottom - 3 - 0.05 * gap:.1f}V{bottom + 12:.1f}H{X - half * 0.8:.1f}Z", "#e9ded6",
            0.85 if mouth.spread > 0.15 and gap > 14 and not mouth.tongue else 0.0,
        ),
        path(
            f"M{X - half * 0.86:.1f} {top - 10:.1f}H{X + half * 0.86:.1f}V{top + teeth * 0.55:.1f}"
            f"Q{X} {top + teeth * 1.4:.1f} {X - half * 0.86:.1f} {top + teeth * 0.55:.1f}Z", "#fbf7f2",
        ),
        path(f"M{X - half} {top - 8:.1f}h{2 * half:.1f}v8Q{X} {top + 8:.1f} {X - half} {top:.1f}Z", "#3d0f1b", 0.16),
    ])  # fmt: skip


def _corner_shadows(character: Character, half: float, corner: float) -> str:
    tone = darker(character.skin, 0.45)
    return ellipse(X - half - 3, corner, 6, 5, tone, 0.3) + ellipse(X + half + 3, corner, 6, 5, tone, 0.3)
