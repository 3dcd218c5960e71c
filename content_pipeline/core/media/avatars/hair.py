"""Hair and headwear of the avatars as SVG: what hangs behind the shoulders, and what moves with the head."""

from collections.abc import Callable, Mapping
from math import cos, pi, sin
from random import Random

from content_pipeline.core.media.avatars import faces
from content_pipeline.core.media.avatars.characters import Character, Hair
from content_pipeline.core.media.avatars.palette import (
    clipped,
    darker,
    ellipse,
    lighter,
    line,
    linear_gradient,
    mirrored,
    path,
)

X = 540


def behind(character: Character) -> str:
    """What is behind neck and shoulders, and does not turn with the head."""
    return _hijab_behind(character) if character.hair == "hijab" else ""


def over_shoulders(character: Character) -> str:
    """What lies on the shoulders, and does not turn with the head."""
    return _braids_over_shoulders(character) if character.hair == "braids" else ""


def back(character: Character) -> str:
    """What turns with the head, behind the face."""
    draw = _BACK.get(character.hair)
    return draw(character) if draw else ""


def front(character: Character) -> str:
    """What turns with the head, on top of the face."""
    return _gradient(character) + _FRONT[character.hair](character)


def _gradient(character: Character) -> str:
    color = character.hair_color
    return linear_gradient("hair", (0, lighter(color, 0.16)), (0.5, color), (1, darker(color, 0.3)))


def _strands(character: Character, *curves: str, width: float = 6.0) -> str:
    """Light and dark strands in turn."""
    tones = (lighter(character.hair_color, 0.32), darker(character.hair_color, 0.45))
    return "".join(line(curve, tones[number % 2], width, 0.5) for number, curve in enumerate(curves))


# ── curls ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _curl_cloud(character: Character, places: list[tuple[float, float, float]]) -> str:
    """Overlapping locks: dark rims, light crescents."""
    color = character.hair_color
    tuft = Random(3)  # noqa: S311 - nothing secret
    parts = []
    for x, y, radius in places:
        turn = tuft.uniform(-0.6, 0.6)
        arc = " ".join(
            f"{'M' if not step else 'L'}{x + 0.62 * radius * cos(a):.1f} {y + 0.62 * radius * sin(a):.1f}"
            for step, a in enumerate(pi * (1.05 + turn + 0.075 * n) for n in range(11))
        )
        parts.append(ellipse(x, y, radius, radius, darker(color, tuft.uniform(0.05, 0.32))))
        parts.append(line(arc, lighter(color, tuft.uniform(0.14, 0.3)), radius * 0.16, 0.6))
    return "".join(parts)


def _curls_back(character: Character) -> str:
    ring = [
        (
            X + 232 * cos(a) * (1.06 if sin(a) > 0 else 1.0),
            545 - 235 * sin(a - 0.0) * (1.1 if sin(a) > 0 else 1.0),
            62.0,
        )
        for a in (pi * (-0.36 + 1.72 * n / 21) for n in range(22))
    ]
    disc = ellipse(X, 540, 238, 250, darker(character.hair_color, 0.3))
    return disc + _curl_cloud(character, ring)


def _curls_front(character: Character) -> str:
    rows = [(X + 176 * cos(a), 515 - 160 * sin(a), 50.0) for a in (pi * (0.02 + 0.96 * n / 9) for n in range(10))]
    top = [(X + 130 * cos(a), 420 - 95 * sin(a), 56.0) for a in (pi * (0.05 + 0.9 * n / 6) for n in range(7))]
    falling = [(X - 196, 548, 38.0), (X + 196, 548, 38.0), (X - 206, 610, 34.0), (X + 206, 610, 34.0)]
    hoops = mirrored(
        f'<circle cx="{X - 196}" cy="722" r="36" fill="none" stroke="#b8862b" stroke-width="9"/>'
        f'<circle cx="{X - 197}" cy="721" r="36" fill="none" stroke="#f2cc69" stroke-width="5"/>', axis=X
    )  # fmt: skip
    return _curl_cloud(character, [*falling, *top, *rows]) + hoops


# ── short hair ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _sides(character: Character, opacity: float) -> str:
    """Short hair from the temples to the ears."""
    side = path(
        f"M{X - 230} 380 V640 L{X - 184} 640 C{X - 176} 570 {X - 172} 520 {X - 150} 470 L{X - 110} 390Z",
        character.hair_color, opacity,
    )  # fmt: skip
    return clipped("sides", faces.outline(character), mirrored(side, axis=X))


def _quiff_front(character: Character) -> str:
    shape = (
        f"M{X - 205} 520 C{X - 226} 430 {X - 206} 340 {X - 140} 300 C{X - 100} 262 {X - 10} 236 {X + 70} 252 "
        f"C{X + 150} 262 {X + 214} 330 {X + 212} 420 C{X + 212} 460 {X + 208} 490 {X + 204} 520 "
        f"C{X + 190} 470 {X + 172} 440 {X + 150} 420 C{X + 90} 430 {X - 10} 428 {X - 86} 396 "
        f"C{X - 120} 420 {X - 180} 450 {X - 205} 520Z"
    )
    curves = [
        f"M{X - 110 + 34 * n} {392 + 4 * n} C{X - 120 + 40 * n} {330 - 2 * n} {X - 60 + 40 * n} {282 + 3 * n} "
        f"{X + 6 + 36 * n} {276 + 12 * n}"
        for n in range(6)
    ]
    return _sides(character, 0.92) + path(shape, "url(#hair)") + clipped("quiff", shape, _strands(character, *curves))


def _undercut_front(character: Character) -> str:
    shape = (
        f"M{X - 176} 448 C{X - 214} 380 {X - 190} 300 {X - 110} 268 C{X - 40} 238 {X + 80} 232 {X + 150} 286 "
        f"C{X + 206} 326 {X + 204} 400 {X + 178} 450 C{X + 166} 420 {X + 140} 400 {X + 120} 396 "
        f"C{X + 60} 446 {X - 60} 420 {X - 96} 398 C{X - 130} 404 {X - 160} 420 {X - 176} 448Z"
    )
    curves = [
        f"M{X + 132 - 42 * n} {398 + 3 * (n % 3)} C{X + 150 - 50 * n} {330 - 4 * n} {X + 90 - 46 * n} 282 "
        f"{X + 30 - 34 * n} {264 + 9 * n}"
        for n in range(6)
    ]
    return _sides(character, 0.55) + path(shape, "url(#hair)") + clipped("top", shape, _strands(character, *curves))


def _bald_front(character: Character) -> str:
    shine = lighter(character.skin, 0.6)
    return (
        ellipse(X - 66, 402, 74, 36, shine, 0.2) + ellipse(X - 78, 396, 38, 16, shine, 0.26) + _sides(character, 0.16)
    )


# ── longer hair ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _bob_back(character: Character) -> str:
    return path(
        f"M{X} 286 C{X - 190} 286 {X - 250} 420 {X - 244} 580 C{X - 242} 680 {X - 262} 780 {X - 232} 846 "
        f"C{X - 160} 880 {X + 160} 880 {X + 232} 846 C{X + 262} 780 {X + 242} 680 {X + 244} 580 "
        f"C{X + 250} 420 {X + 190} 286 {X} 286Z", darker(character.hair_color, 0.3),
    )  # fmt: skip


def _bob_front(character: Character) -> str:
    cap = (
        f"M{X} 284 C{X - 188} 284 {X - 250} 420 {X - 246} 580 C{X - 246} 680 {X - 264} 780 {X - 236} 850 "
        f"C{X - 200} 868 {X - 166} 862 {X - 150} 850 C{X - 178} 780 {X - 200} 700 {X - 190} 600 "
        f"C{X - 188} 560 {X - 178} 530 {X - 164} 508 C{X - 100} 524 {X + 100} 524 {X + 164} 508 "
        f"C{X + 178} 530 {X + 188} 560 {X + 190} 600 C{X + 200} 700 {X + 178} 780 {X + 150} 850 "
        f"C{X + 166} 862 {X + 200} 868 {X + 236} 850 C{X + 264} 780 {X + 246} 680 {X + 246} 580 "
        f"C{X + 250} 420 {X + 188} 284 {X} 284Z"
    )
    bangs = [f"M{X + 12 * n} 300 Q{X + 27 * n} 400 {X + 25 * n} 510" for n in range(-6, 7)]
    sides = [
        f"M{X + s * (212 + d)} 560 Q{X + s * (206 + d)} 700 {X + s * (206 + d)} 850" for s in (-1, 1) for d in (0, 22)
    ]
    shine = path(
        f"M{X - 176} 418 C{X - 90} 372 {X + 90} 372 {X + 176} 418 C{X + 90} 398 {X - 90} 398 {X - 176} 418Z",
        lighter(character.hair_color, 0.6), 0.4,
    )  # fmt: skip
    return path(cap, "url(#hair)") + clipped("bob", cap, _strands(character, *bangs, *sides, width=4) + shine)


def _bun_back(character: Character) -> str:
    color = character.hair_color
    swirl = [f"M{X - 84} 260 Q{X} {200 + 18 * n} {X + 84} {262 - 4 * n}" for n in range(4)]
    return (
        ellipse(X, 258, 104, 88, "url(#hair)")
        + _strands(character, *swirl)
        + path(f"M{X - 216} 600 C{X - 236} 420 {X - 150} 306 {X} 306 C{X + 150} 306 {X + 236} 420 {X + 216} 600Z",
               darker(color, 0.25))
    )  # fmt: skip


def _bun_front(character: Character) -> str:
    shape = (
        f"M{X - 206} 600 C{X - 228} 430 {X - 150} 304 {X} 304 C{X + 150} 304 {X + 228} 430 {X + 206} 600 "
        f"C{X + 200} 560 {X + 192} 520 {X + 176} 492 C{X + 140} 440 {X + 60} 420 {X - 30} 404 "
        f"C{X - 90} 424 {X - 160} 450 {X - 178} 500 C{X - 194} 530 {X - 202} 560 {X - 206} 600Z"
    )
    left = [
        f"M{X - 34} {402 - 16 * n} C{X - 110} {410 - 24 * n} {X - 180} {450 - 24 * n} {X - 204} {570 - 34 * n}"
        for n in range(5)
    ]
    right = [
        f"M{X - 20} {402 - 16 * n} C{X + 90} {408 - 20 * n} {X + 180} {450 - 24 * n} {X + 204} {570 - 34 * n}"
        for n in range(5)
    ]
    pearls = mirrored(ellipse(X - 212, 676, 12, 12, "#f7f1ea") + ellipse(X - 216, 672, 4, 4, "#ffffff"), axis=X)
    return path(shape, "url(#hair)") + clipped("cap", shape, _strands(character, *left, *right, width=5)) + pearls


def _braids_over_shoulders(character: Character) -> str:
    return mirrored("".join(_braid(character, X - 196 - 30 * n, 640 - 80 * n, 1290 - 60 * n) for n in range(2)), axis=X)


def _braids_back(character: Character) -> str:
    return path(
        f"M{X} 286 C{X - 180} 286 {X - 250} 420 {X - 250} 560 C{X - 250} 660 {X - 250} 700 {X - 240} 760 "
        f"C{X - 180} 800 {X + 180} 800 {X + 240} 760 "
        f"C{X + 250} 700 {X + 250} 660 {X + 250} 560 C{X + 250} 420 {X + 180} 286 {X} 286Z",
        darker(character.hair_color, 0.35),
    )


def _braids_front(character: Character) -> str:
    shape = (
        f"M{X - 204} 640 C{X - 236} 440 {X - 160} 290 {X} 290 C{X + 160} 290 {X + 236} 440 {X + 204} 640 "
        f"C{X + 200} 560 {X + 186} 500 {X + 150} 456 C{X + 100} 416 {X + 40} 404 {X} 402 "
        f"C{X - 40} 404 {X - 100} 416 {X - 150} 456 C{X - 186} 500 {X - 200} 560 {X - 204} 640Z"
    )
    rows = [f"M{X + 22 * n} {404 + 1.6 * n * n:.0f} Q{X + 26 * n} 330 {X + 14 * n} 292" for n in range(-6, 7)]
    falling = mirrored(_braid(character, X - 196, 640, 880) + _braid(character, X - 226, 560, 880), axis=X)
    studs = mirrored(ellipse(X - 204, 690, 11, 22, "#b8862b") + ellipse(X - 206, 688, 7, 17, "#f6c453"), axis=X)
    band = path(
        f"M{X - 196} 452 C{X - 130} 366 {X + 130} 366 {X + 196} 452 C{X + 202} 440 {X + 206} 430 {X + 206} 420 "
        f"C{X + 130} 326 {X - 130} 326 {X - 206} 420 C{X - 206} 430 {X - 202} 440 {X - 196} 452Z", character.accent,
    )  # fmt: skip
    pattern = "".join(
        path(f"M{X + x - 14} {384 + 0.0016 * x * x:.0f}l14 -18 14 18 -14 14Z", character.cloth)
        for x in range(-144, 145, 48)
    )
    return (
        falling
        + path(shape, "url(#hair)")
        + clipped("rows", shape, _strands(character, *rows))
        + band
        + pattern
        + studs
    )


def _braid(character: Character, x: float, top: float, bottom: float) -> str:
    color = character.hair_color
    links = []
    for number, y in enumerate(range(round(top), round(bottom), 26)):
        sway = 5 * sin(number * 0.5)
        links.append(ellipse(x + sway, y, 19, 21, darker(color, 0.1 + 0.22 * (number % 2))))
        links.append(line(f"M{x + sway - 11:.1f} {y - 6} Q{x + sway:.1f} {y + 10} {x + sway + 11:.1f} {y - 6}",
                          lighter(color, 0.3), 3.5, 0.55))  # fmt: skip
    return "".join(links)


# ── headscarf ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _hijab_behind(character: Character) -> str:
    dark = darker(character.hair_color, 0.3)
    return path(
        f"M{X - 210} 640 C{X - 250} 800 {X - 290} 980 {X - 300} 1090 H{X + 300} C{X + 290} 980 {X + 250} 800 "
        f"{X + 210} 640Z",
        dark,
    )


def _hijab_back(character: Character) -> str:
    return path(
        f"M{X} 290 C{X - 190} 290 {X - 246} 430 {X - 240} 590 C{X - 238} 720 {X - 220} 840 {X - 150} 900 H{X + 150} "
        f"C{X + 220} 840 {X + 238} 720 {X + 240} 590 C{X + 246} 430 {X + 190} 290 {X} 290Z",
        darker(character.hair_color, 0.35),
    )  # fmt: skip


def _hijab_front(character: Character) -> str:
    shape = (
        f"M{X} 288 C{X - 190} 288 {X - 248} 430 {X - 242} 590 C{X - 240} 730 {X - 214} 860 {X - 130} 912 "
        f"C{X - 40} 944 {X + 60} 944 {X + 140} 908 C{X + 216} 860 {X + 240} 730 {X + 242} 590 "
        f"C{X + 248} 430 {X + 190} 288 {X} 288Z "
        f"M{X} 414 C{X + 110} 414 {X + 176} 490 {X + 178} 600 C{X + 178} 700 {X + 140} 800 {X + 84} 842 "
        f"C{X + 40} 868 {X - 40} 868 {X - 84} 842 C{X - 140} 800 {X - 178} 700 {X - 178} 600 C{X - 176} 490 "
        f"{X - 110} 414 {X} 414Z"
    )
    folds = [
        f"M{X - 196} 470 C{X - 150} 380 {X - 60} 340 {X + 60} 350",
        f"M{X - 214} 540 C{X - 190} 400 {X - 60} 312 {X + 110} 330",
        f"M{X + 200} 560 C{X + 214} 700 {X + 170} 830 {X + 60} 900",
        f"M{X + 220} 600 C{X + 232} 740 {X + 180} 860 {X + 90} 908",
        f"M{X - 204} 640 C{X - 200} 760 {X - 150} 850 {X - 50} 906",
        f"M{X - 222} 660 C{X - 214} 790 {X - 160} 874 {X - 90} 912",
    ]
    cap = line(f"M{X - 172} 560 C{X - 160} 470 {X - 96} 416 {X} 416 C{X + 96} 416 {X + 160} 470 {X + 172} 560",
               darker(character.hair_color, 0.55), 14, 0.75)  # fmt: skip
    drawn = f'<path d="{shape}" fill="url(#hair)" fill-rule="evenodd"/>'
    return cap + drawn + _strands(character, *folds, width=8)


_BACK: Mapping[Hair, Callable[[Character], str]] = {
    "curls": _curls_back,
    "bob": _bob_back,
    "bun": lambda character: _gradient(character) + _bun_back(character),
    "hijab": _hijab_back,
    "braids": _braids_back,
}
_FRONT: Mapping[Hair, Callable[[Character], str]] = {
    "curls": _curls_front,
    "quiff": _quiff_front,
    "undercut": _undercut_front,
    "bald": _bald_front,
    "bob": _bob_front,
    "bun": _bun_front,
    "braids": _braids_front,
    "hijab": _hijab_front,
}
