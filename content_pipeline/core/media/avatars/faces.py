"""The face of an avatar as SVG, without what moves on it: skull, ears, nose, cheeks, beard, wrinkles, glasses."""

from content_pipeline.core.media.avatars.characters import Character
from content_pipeline.core.media.avatars.palette import (
    clipped,
    darker,
    ellipse,
    lighter,
    line,
    linear_gradient,
    mirrored,
    mix,
    path,
    radial_gradient,
)

X = 540
CHIN_Y = 864


def draw(character: Character) -> str:
    """The SVG content of the face below eyes and mouth, in canvas pixels."""
    skin, shade = character.skin, darker(character.skin, 0.3)
    face = outline(character)
    shading = [
        path(face, "url(#skin)"),
        ellipse(X + 205, 640, 120, 320, "url(#side)"),
        ellipse(X, 905, 250, 90, "url(#side)"),
        ellipse(X, 385, 230, 110, "url(#hairline)"),
        mirrored(ellipse(X - 90, 596, 84, 62, "url(#socket)"), axis=X),
        mirrored(ellipse(X - 122, 704, 78, 58, "url(#blush)"), axis=X),
        ellipse(X - 60, 470, 150, 90, "url(#glow)"),
        ellipse(X - 118, 672, 70, 46, "url(#glow)", 0.5),
        _beard(character),
        _wrinkles(character),
    ]
    definitions = [
        linear_gradient("skin", (0, lighter(skin, 0.16)), (0.55, skin), (1, mix(skin, shade, 0.35))),
        radial_gradient("side", shade, 0.5),
        radial_gradient("hairline", shade, 0.55),
        radial_gradient("socket", shade, 0.38),
        radial_gradient("blush", mix(character.lips, "#ff6a5e", 0.45), 0.3 if character.gender == "female" else 0.24),
        radial_gradient("glow", lighter(skin, 0.45), 0.42),
    ]
    ears = "" if character.hair in ("hijab", "bob", "curls") else mirrored(_ear(character), axis=X)
    return "".join([*definitions, ears, clipped("face", face, "".join(shading)), _nose(character)])


def glasses(character: Character) -> str:
    """What is worn in front of the eyes."""
    if not character.glasses:
        return ""
    frame = "#6b4a2c"
    lens = ellipse(X - 92, 606, 74, 66, "#ffffff", 0.1) + (
        f'<ellipse cx="{X - 92}" cy="606" rx="74" ry="66" fill="none" stroke="{frame}" stroke-width="7"/>'
        + line(f"M{X - 140} 578 Q{X - 124} 556 {X - 98} 552", "#ffffff", 6, 0.5)
        + line(f"M{X - 166} 596 L{X - 202} 586", frame, 7)
    )
    return mirrored(lens, axis=X) + line(f"M{X - 19} 598 Q{X} 584 {X + 19} 598", frame, 7)


def outline(character: Character) -> str:
    """The path of the face, from the top of the skull to the chin."""
    temple, jaw = 196 * character.cheeks, 166 * character.chin * character.cheeks
    chin = 72 * character.chin**2
    return (
        f"M{X} 340 C{X - 130} 340 {X - temple:.0f} 430 {X - temple:.0f} 566 "
        f"C{X - temple:.0f} 650 {X - jaw - 14:.0f} 708 {X - jaw:.0f} 752 "
        f"C{X - jaw + 22:.0f} 806 {X - chin - 20:.0f} {CHIN_Y} {X} {CHIN_Y} "
        f"C{X + chin + 20:.0f} {CHIN_Y} {X + jaw - 22:.0f} 806 {X + jaw:.0f} 752 "
        f"C{X + jaw + 14:.0f} 708 {X + temple:.0f} 650 {X + temple:.0f} 566 "
        f"C{X + temple:.0f} 430 {X + 130} 340 {X} 340Z"
    )


def _ear(character: Character) -> str:
    edge = X - 194 * character.cheeks
    inner = darker(character.skin, 0.28)
    return (
        path(
            f"M{edge + 12:.0f} 572 C{edge - 8:.0f} 548 {edge - 40:.0f} 556 {edge - 38:.0f} 596 "
            f"C{edge - 36:.0f} 636 {edge - 22:.0f} 672 {edge + 8:.0f} 668Z",
            mix(character.skin, inner, 0.25),
        )
        + line(
            f"M{edge - 2:.0f} 580 C{edge - 22:.0f} 570 {edge - 28:.0f} 590 {edge - 25:.0f} 608 "
            f"M{edge - 4:.0f} 604 Q{edge - 20:.0f} 612 {edge - 8:.0f} 644",
            inner, 4, 0.7,
        )
    )  # fmt: skip


def _nose(character: Character) -> str:
    skin, wide = character.skin, 27 if character.gender == "female" else 33
    shade = darker(skin, 0.36)
    return "".join([
        path(f"M{X + 12} 596 C{X + 16} 640 {X + 30} 672 {X + wide + 2} 694 C{X + wide} 712 {X + 12} 716 {X + 4} 712 "
             f"C{X + 14} 690 {X + 8} 640 {X + 12} 596Z", shade, 0.22),
        path(f"M{X - wide} 696 C{X - wide - 2} 710 {X - 18} 714 {X - 11} 709 C{X - 4} 716 {X + 4} 716 {X + 11} 709 "
             f"C{X + 18} 714 {X + wide + 2} 710 {X + wide} 696 C{X + 20} 706 {X + 8} 706 {X} 707 "
             f"C{X - 8} 706 {X - 20} 706 {X - wide} 696Z", shade, 0.62),
        line(f"M{X - wide} 698 Q{X - wide - 6} 688 {X - wide + 4} 678 M{X + wide} 698 Q{X + wide + 6} 688 "
            f"{X + wide - 4} 678",
             shade, 3, 0.5),
        ellipse(X - 4, 684, 11, 9, lighter(skin, 0.75), 0.4),
        ellipse(X - 3, 630, 5, 34, lighter(skin, 0.7), 0.26),
        path(f"M{X - 8} 724 Q{X - 12} 738 {X - 9} 744 H{X + 9} Q{X + 12} 738 {X + 8} 724Z", shade, 0.16),
    ])  # fmt: skip


def _beard(character: Character) -> str:
    if character.beard == "none":
        return ""
    tone, opacity = _beard_color(character)
    top = {"stubble": 700, "short": 690, "full": 672}[character.beard]
    side = 640 if character.hair == "bald" else 560  # where it meets the hair
    jaw = (
        f"M{X - 230} {side} L{X - 184} {side + 6} C{X - 182} {side + 30} {X - 178} 660 {X - 160} {top + 10} "
        f"C{X - 152} {top + 34} {X - 150} {top + 40} {X - 132} {top + 46} "
        f"C{X - 118} {top + 54} {X - 96} 722 {X - 58} 727 C{X - 32} 721 {X - 14} 725 {X} 731 "
        f"C{X + 14} 725 {X + 32} 721 {X + 58} 727 C{X + 96} 722 {X + 118} {top + 54} {X + 132} {top + 46} "
        f"C{X + 152} {top + 34} {X + 160} {top + 10} {X + 160} {top + 10} C{X + 178} 660 {X + 182} {side + 30} "
        f"{X + 184} {side + 6} L{X + 230} {side} V900 H{X - 230}Z {_gap_in_beard(1)}"
    )
    strands = "".join(
        line(f"M{X + x} {770 + 0.0016 * (150**2 - x * x):.0f} q{-x * 0.06:.0f} 22 {-x * 0.12:.0f} 40",
             lighter(tone, 0.42), 3.2, 0.36)
        for x in range(-150, 151, 25)
    )  # fmt: skip
    soul = path(f"M{X - 13} 808 Q{X} 801 {X + 13} 808 Q{X + 10} 834 {X} 838 Q{X - 10} 834 {X - 13} 808Z", tone, 0.7)
    shape = f'<path d="{jaw}" fill="{tone}" fill-rule="evenodd" fill-opacity="{opacity}"/>'
    return shape if character.beard == "stubble" else shape + strands + soul


def _beard_color(character: Character) -> tuple[str, float]:
    """Color and opacity."""
    tone = character.hair_color if character.age != "senior" else mix(character.hair_color, "#b9b4b2", 0.3)
    return tone, {"stubble": 0.3, "short": 0.86, "full": 0.95}[character.beard]


def _gap_in_beard(width: float) -> str:
    """The outline of the skin around the lips; 1 is its width at rest."""
    side, bend, low = 74 * width, 62 * width, 66 * width
    return (
        f"M{X - side:.1f} 762 C{X - bend:.1f} 738 {X - 24 * width:.1f} 742 {X} 746 C{X + 24 * width:.1f} 742 "
        f"{X + bend:.1f} 738 {X + side:.1f} 762 C{X + low:.1f} 806 {X - low:.1f} 806 {X - side:.1f} 762Z"
    )


def beard_beside(character: Character, half: float) -> str:
    """The beard where lips that reach from the middle to `half` pixels leave skin bare that they cover at rest."""
    width = (half + 14) / 74
    if character.beard == "none" or width >= 1:
        return ""
    tone, opacity = _beard_color(character)
    ring = _gap_in_beard(1) + _gap_in_beard(width)
    return f'<path d="{ring}" fill="{tone}" fill-rule="evenodd" fill-opacity="{opacity}"/>'


def _wrinkles(character: Character) -> str:
    if character.age != "senior":
        return ""
    tone = darker(character.skin, 0.5)
    folds = (
        line(f"M{X - 56} 704 Q{X - 84} 728 {X - 90} 762", tone, 3.5, 0.3)
        + line(f"M{X - 132} 640 Q{X - 100} 652 {X - 66} 642", tone, 3, 0.24)
        + line(f"M{X - 152} 590 l-22 -10 M{X - 152} 602 l-24 2", tone, 3, 0.24)
    )
    forehead = line(f"M{X - 84} 470 Q{X} 458 {X + 84} 470 M{X - 66} 446 Q{X} 436 {X + 66} 446", tone, 3, 0.16)
    return mirrored(folds, axis=X) + forehead
