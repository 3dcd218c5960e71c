"""Neck, shoulders and clothes of the avatars as SVG."""

from collections.abc import Callable, Mapping

from content_pipeline.core.media.avatars.characters import Character, Clothes
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
_LIFT = 44  # the shapes below were drawn for a longer neck

_BODY_FEMALE = (
    f"M{X - 92} 1000 C{X - 190} 1040 {X - 330} 1062 {X - 396} 1120 C{X - 456} 1176 {X - 474} 1300 {X - 498} 1460 "
    f"C{X - 520} 1620 {X - 530} 1800 {X - 532} 1990 H{X + 532} C{X + 530} 1800 {X + 520} 1620 {X + 498} 1460 "
    f"C{X + 474} 1300 {X + 456} 1176 {X + 396} 1120 C{X + 330} 1062 {X + 190} 1040 {X + 92} 1000 "
    f"C{X + 70} 1100 {X - 70} 1100 {X - 92} 1000Z"
)
_BODY_MALE = (
    f"M{X - 104} 996 C{X - 210} 1036 {X - 380} 1046 {X - 456} 1112 C{X - 520} 1170 {X - 530} 1320 {X - 556} 1480 "
    f"V1990 H{X + 556} V1480 C{X + 530} 1320 {X + 520} 1170 {X + 456} 1112 C{X + 380} 1046 {X + 210} 1036 "
    f"{X + 104} 996 "
    f"C{X + 80} 1100 {X - 80} 1100 {X - 104} 996Z"
)


def draw(character: Character) -> str:
    """The SVG content of everything below the head, in canvas pixels."""
    cloth = character.cloth
    body = _BODY_FEMALE if character.gender == "female" else _BODY_MALE
    garment = "".join([
        path(body, "url(#cloth)"),
        ellipse(X - 420, 1560, 150, 520, "url(#fold)"),
        ellipse(X + 420, 1560, 170, 520, "url(#fold)"),
        ellipse(X - 230, 1170, 330, 170, "url(#sheen)"),
        mirrored(line(f"M{X - 372} 1330 C{X - 350} 1480 {X - 356} 1700 {X - 372} "
            f"1990", darker(cloth, 0.4), 7, 0.4), axis=X),
        mirrored(line(f"M{X - 366} 1340 Q{X - 330} 1400 {X - 290} 1420 M{X - 362} 1380 Q{X - 336} 1440 "
            f"{X - 306} 1470",
                      darker(cloth, 0.4), 6, 0.3), axis=X),
        _GARMENTS[character.clothes](character),
    ])  # fmt: skip
    definitions = [
        linear_gradient("cloth", (0, lighter(cloth, 0.1)), (0.4, cloth), (1, darker(cloth, 0.25))),
        radial_gradient("fold", darker(cloth, 0.55), 0.5),
        radial_gradient("sheen", lighter(cloth, 0.5), 0.24),
    ]
    drawn = "".join([_neck(character), clipped("body", body, garment), _COLLARS[character.clothes](character)])
    return "".join(definitions) + f'<g transform="translate(0 {-_LIFT})">{drawn}</g>'


def _neck(character: Character) -> str:
    wide = 84 if character.gender == "female" else 102
    skin, shade = character.skin, darker(character.skin, 0.34)
    outline = (
        f"M{X - wide} 780 C{X - wide + 4} 900 {X - wide + 2} 960 {X - wide - 24} 1000 C{X - wide - 80} 1030 "
        f"{X - 220} 1050 "
        f"{X - 240} 1070 V1260 H{X + 240} V1070 C{X + 220} 1050 {X + wide + 80} 1030 {X + wide + 24} 1000 "
        f"C{X + wide - 2} 960 {X + wide - 4} 900 {X + wide} 780Z"
    )
    under_chin = f"M{X - 150} 780 V900 C{X - 100} 976 {X + 40} 996 {X + 150} 930 V780Z"
    bones = line(
        f"M{X - 26} 1052 Q{X - 90} 1034 {X - 170} 1040 M{X + 26} 1052 Q{X + 90} 1034 {X + 170} 1040", shade, 5, 0.35
    )
    return path(outline, mix(skin, shade, 0.16)) + clipped("neck", outline, path(under_chin, shade, 0.55)) + bones


def _sweater(character: Character) -> str:
    dark = darker(character.cloth, 0.3)
    return "".join(line(f"M{x} 1010 V1990", dark, 5, 0.2) for x in range(X - 520, X + 521, 40))


def _sweater_collar(character: Character) -> str:
    cloth = character.cloth
    collar = (
        f"M{X - 132} 1004 C{X - 110} 1110 {X + 110} 1110 {X + 132} 1004 C{X + 150} 1012 {X + 158} 1024 "
        f"{X + 160} 1036 C{X + 130} 1158 {X - 130} 1158 {X - 160} 1036 C{X - 158} 1024 {X - 150} 1012 {X - 132} 1004Z"
    )
    ribs = "".join(
        line(f"M{X + 15 * n} {1086 - 0.9 * n * n:.0f} l{1.6 * n:.0f} {44 - abs(n):.0f}", darker(cloth, 0.35), 4, 0.4)
        for n in range(-8, 9)
    )
    return path(collar, darker(cloth, 0.1)) + ribs


def _shirt(character: Character) -> str:
    dark = darker(character.cloth, 0.45)
    placket = line(f"M{X - 34} 1230 V1990 M{X + 34} 1230 V1990", dark, 4, 0.45)
    buttons = "".join(
        ellipse(X, y, 10, 10, lighter(character.cloth, 0.65)) + ellipse(X, y, 4, 4, dark, 0.5)
        for y in range(1320, 1990, 160)
    )
    pocket = line(f"M{X + 140} 1430 h170 v140 l-85 46 -85 -46Z M{X + 140} 1462 h170", dark, 5, 0.5)
    seams = mirrored(
        line(f"M{X - 400} 1100 Q{X - 330} 1220 {X - 350} 1400", lighter(character.cloth, 0.4), 4, 0.5), axis=X
    )
    return placket + buttons + pocket + seams


def _shirt_collar(character: Character) -> str:
    cloth = character.cloth
    tee = path(
        f"M{X - 120} 1012 C{X - 100} 1080 {X + 100} 1080 {X + 120} 1012 L{X + 110} 1090 L{X} 1250 L{X - 110} 1090Z",
        character.accent,
    )
    hem = line(f"M{X - 116} 1020 C{X - 96} 1086 {X + 96} 1086 {X + 116} 1020", darker(character.accent, 0.25), 6, 0.6)
    wing = path(
        f"M{X - 128} 962 C{X - 150} 990 {X - 176} 1010 {X - 186} 1030 L{X - 150} 1180 L{X} 1250 C{X - 60} 1160 "
        f"{X - 110} 1080 {X - 128} 962Z",
        lighter(cloth, 0.14),
    )
    edge = line(f"M{X - 186} 1030 L{X - 150} 1180 L{X} 1250", darker(cloth, 0.45), 5, 0.5)
    return tee + hem + mirrored(wing + edge, axis=X)


def _blazer(character: Character) -> str:
    dark = darker(character.cloth, 0.4)
    return (
        line(f"M{X} 1560 V1990", dark, 6, 0.5)
        + ellipse(X + 34, 1640, 15, 15, darker(character.accent, 0.2))
        + ellipse(X + 34, 1820, 15, 15, darker(character.accent, 0.2))
        + line(f"M{X + 180} 1500 l150 -26", dark, 8, 0.4)
    )


def _blazer_collar(character: Character) -> str:
    cloth = character.cloth
    top = path(f"M{X - 150} 1000 H{X + 150} L{X + 130} 1160 L{X} 1560 L{X - 130} 1160Z", character.accent)
    scarf = path(
        f"M{X - 190} 960 C{X - 120} 1000 {X + 120} 1000 {X + 190} 960 C{X + 216} 1040 {X + 170} 1150 {X + 40} 1190 "
        f"C{X - 60} 1200 {X - 190} 1120 {X - 190} 960Z", character.hair_color,
    )  # fmt: skip
    drape = "".join(
        line(f"M{X - 170 + 20 * n} {1000 + 12 * n} C{X - 80} {1070 + 14 * n} {X + 60} {1080 + 14 * n} "
            f"{X + 176 - 14 * n} {1010 + 10 * n}",
             tone, 7, 0.5)
        for n, tone in enumerate((darker(character.hair_color, 0.4), lighter(character.hair_color, 0.25)) * 3)
    )  # fmt: skip
    lapel = path(
        f"M{X - 170} 1012 C{X - 220} 1030 {X - 250} 1044 {X - 262} 1056 L{X - 250} 1230 L{X - 196} 1256 "
        f"L{X - 222} 1290 L{X} 1570 C{X - 40} 1400 {X - 110} 1180 {X - 170} 1012Z",
        lighter(cloth, 0.25),
    )
    edge = line(
        f"M{X - 262} 1056 L{X - 250} 1230 L{X - 196} 1256 L{X - 222} 1290 L{X} 1570", darker(cloth, 0.45), 5, 0.55
    )
    return top + scarf + drape + mirrored(lapel + edge, axis=X)


def _cardigan(character: Character) -> str:
    dark = darker(character.cloth, 0.45)
    buttons = "".join(
        ellipse(X, y, 15, 15, "#d8b36a") + ellipse(X - 3, y - 3, 6, 6, "#f2dba6") for y in range(1500, 1990, 140)
    )
    return line(f"M{X - 40} 1440 V1990 M{X + 40} 1440 V1990", dark, 5, 0.5) + buttons


def _cardigan_collar(character: Character) -> str:
    blouse = path(
        f"M{X - 150} 1006 C{X - 100} 1080 {X + 100} 1080 {X + 150} 1006 L{X + 190} 1030 L{X} 1430 L{X - 190} 1030Z",
        character.accent,
    )
    lines = mirrored(
        line(f"M{X - 40} 1090 Q{X - 30} 1200 {X - 10} 1330", darker(character.accent, 0.25), 5, 0.45), axis=X
    )
    edge = mirrored(
        line(f"M{X - 190} 1026 C{X - 150} 1180 {X - 80} 1330 {X} 1440", darker(character.cloth, 0.25), 30), axis=X
    )
    pearls = "".join(
        ellipse(X + 17.5 * n, 1088 - 0.95 * n * n, 10.5, 10.5, "#f4ece4")
        + ellipse(X + 17.5 * n - 3, 1085 - 0.95 * n * n, 4, 4, "#ffffff")
        for n in range(-8, 9)
    )
    return blouse + lines + edge + pearls


def _turtleneck(character: Character) -> str:
    return "".join(
        line(f"M{x} 1120 V1990", lighter(character.cloth, 0.35), 4, 0.12) for x in range(X - 520, X + 521, 52)
    )


def _turtleneck_collar(character: Character) -> str:
    cloth = character.cloth
    roll = (
        f"M{X - 112} 906 C{X - 60} 950 {X + 60} 950 {X + 112} 906 C{X + 124} 950 {X + 134} 1010 {X + 150} "
        f"1040 C{X + 60} 1092 {X - 60} 1092 {X - 150} 1040 C{X - 134} 1010 {X - 124} 950 {X - 112} 906Z"
    )
    ribs = "".join(
        line(
            f"M{X + 14 * n} {936 - 0.42 * n * n:.0f} Q{X + 15 * n} 990 {X + 17.5 * n:.0f} {1070 - 0.4 * n * n:.0f}",
            lighter(cloth, 0.3),
            4,
            0.28,
        )
        for n in range(-7, 8)
    )
    fold = line(f"M{X - 124} 966 C{X - 60} 1012 {X + 60} 1012 {X + 124} 966", darker(cloth, 0.7), 7, 0.55)
    return path(roll, lighter(cloth, 0.1)) + ribs + fold


def _hoodie(character: Character) -> str:
    dark = darker(character.cloth, 0.4)
    cords = mirrored(
        line(f"M{X - 62} 1150 C{X - 70} 1230 {X - 60} 1290 {X - 66} 1360", character.accent, 11)
        + path(f"M{X - 74} 1356h16v40h-16Z", darker(character.accent, 0.35)),
        axis=X,
    )
    pocket = line(f"M{X - 230} 1990 L{X - 180} 1700 H{X + 180} L{X + 230} 1990", dark, 7, 0.45)
    return cords + pocket


def _hoodie_collar(character: Character) -> str:
    cloth = character.cloth
    inside = path(
        f"M{X - 170} 990 C{X - 150} 1120 {X - 60} 1170 {X} 1172 C{X + 60} 1170 {X + 150} 1120 {X + 170} 990 "
        f"L{X + 110} 980 C{X + 100} 1060 {X - 100} 1060 {X - 110} 980Z",
        darker(cloth, 0.42),
    )
    hood = path(
        f"M{X - 128} 940 C{X - 220} 950 {X - 270} 1010 {X - 268} 1060 C{X - 200} 1150 {X - 90} 1190 {X} 1192 "
        f"C{X - 70} 1140 {X - 120} 1060 {X - 128} 940Z",
        lighter(cloth, 0.12),
    )
    crease = line(f"M{X - 236} 1030 C{X - 180} 1100 {X - 100} 1150 {X - 20} 1176", darker(cloth, 0.35), 6, 0.45)
    return inside + mirrored(hood + crease, axis=X)


def _bomber(character: Character) -> str:
    dark = darker(character.cloth, 0.5)
    zip_line = line(f"M{X} 1330 V1990", "#c9c4b8", 9, 0.8) + line(f"M{X} 1330 V1990", dark, 3, 0.8)
    pockets = mirrored(line(f"M{X - 300} 1620 L{X - 230} 1760", dark, 9, 0.6), axis=X)
    return zip_line + pockets


def _bomber_collar(character: Character) -> str:
    cloth = character.cloth
    tee = path(
        f"M{X - 130} 1002 C{X - 100} 1092 {X + 100} 1092 {X + 130} 1002 L{X + 180} 1020 L{X} 1350 L{X - 180} 1020Z",
        character.accent,
    )
    hem = line(f"M{X - 128} 1010 C{X - 98} 1098 {X + 98} 1098 {X + 128} 1010", darker(character.accent, 0.25), 7, 0.6)
    edge = path(
        f"M{X - 132} 980 C{X - 190} 1000 {X - 214} 1020 {X - 222} 1040 C{X - 180} 1180 {X - 90} 1300 {X - 6} "
        f"1356 L{X - 6} 1300 C{X - 80} 1220 {X - 120} 1100 {X - 132} 980Z",
        darker(cloth, 0.3),
    )
    ribs = line(
        f"M{X - 200} 1030 C{X - 160} 1160 {X - 90} 1260 {X - 16} 1322 M{X - 168} 1010 C{X - 140} 1120 {X - 84} "
        f"1220 {X - 12} 1300",
        lighter(cloth, 0.2),
        4,
        0.4,
    )
    return tee + hem + mirrored(edge + ribs, axis=X)


def _blouse(character: Character) -> str:
    dark = darker(character.cloth, 0.4)
    return mirrored(
        "".join(
            line(f"M{X - 60 - 50 * n} {1230 - 30 * n} Q{X - 70 - 56 * n} 1500 {X - 60 - 50 * n} 1990", dark, 5, 0.28)
            for n in range(5)
        ),
        axis=X,
    )


def _blouse_collar(character: Character) -> str:
    skin = path(
        f"M{X - 130} 1016 C{X - 90} 1120 {X - 40} 1190 {X} 1230 C{X + 40} 1190 {X + 90} 1120 {X + 130} 1016Z",
        mix(character.skin, darker(character.skin, 0.34), 0.1),
    )
    trim = mirrored(
        line(f"M{X - 150} 1016 C{X - 110} 1130 {X - 50} 1200 {X} 1244", darker(character.cloth, 0.18), 26), axis=X
    )
    chain = line(f"M{X - 112} 1010 C{X - 80} 1110 {X + 80} 1110 {X + 112} 1010", character.accent, 5) + path(
        f"M{X} 1084 l18 24 -18 28 -18 -28Z", character.accent
    )
    return skin + trim + chain


_GARMENTS: Mapping[Clothes, Callable[[Character], str]] = {
    "sweater": _sweater, "shirt": _shirt, "blazer": _blazer, "cardigan": _cardigan, "turtleneck": _turtleneck,
    "hoodie": _hoodie, "bomber": _bomber, "blouse": _blouse,
}  # fmt: skip
_COLLARS: Mapping[Clothes, Callable[[Character], str]] = {
    "sweater": _sweater_collar, "shirt": _shirt_collar, "blazer": _blazer_collar, "cardigan": _cardigan_collar,
    "turtleneck": _turtleneck_collar, "hoodie": _hoodie_collar, "bomber": _bomber_collar, "blouse": _blouse_collar,
}  # fmt: skip
