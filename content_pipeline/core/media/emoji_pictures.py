"""Reads the SVG pictures of Twemoji as layers: shapes filled with one color each, from back to front."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import radians
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from PIL import ImageColor

# Width and height of a picture in its own unit; y grows downwards.
SIDE: Final = 36
_NAMESPACE = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Layer:
    """A shape: `path` data of SVG and an affine `transform` of fontTools. `opacity` is from 0 to 1.

    `color` is None where it is that of the words around.
    """

    color: tuple[int, int, int] | None
    opacity: float
    path: str
    transform: Any

    def draw(self, pen: Any) -> None:
        """Draw the outline with a pen of fontTools."""
        from fontTools.pens.transformPen import TransformPen
        from fontTools.svgLib.path import parse_path

        parse_path(self.path, TransformPen(pen, self.transform))


@lru_cache(512)
def read_layers(picture: Path) -> tuple[Layer, ...]:
    """The layers of a picture, without strokes and clips: they make no difference in the pictures that have them."""
    from fontTools.misc.transform import Offset

    root = ElementTree.parse(picture).getroot()  # noqa: S314 - a file of an installed package
    *_, width, height = map(float, root.attrib["viewBox"].split())
    return tuple(_shapes(root, {}, Offset((SIDE - width) / 2, (SIDE - height) / 2)))


def _shapes(parent: ElementTree.Element, inherited: Mapping[str, str], transform: Any) -> Iterator[Layer]:
    for element in parent:
        attributes = {**inherited, **element.attrib}
        placed = _transformed(transform, element.get("transform", ""))
        name = element.tag.removeprefix(_NAMESPACE)
        if name == "g":
            yield from _shapes(element, attributes, placed)
        elif name in _PATHS and (fill := attributes.get("fill", "black")) != "none":
            red, green, blue, *_ = ImageColor.getrgb(fill)
            opacity = float(attributes.get("opacity", 1)) * float(attributes.get("fill-opacity", 1))
            yield Layer((red, green, blue), opacity, _PATHS[name](element), placed)


def _transformed(transform: Any, attribute: str) -> Any:
    """The transform with that of an attribute applied before it: `matrix(…)`, `rotate(…)` or "" for none."""
    kind, _, arguments = attribute.rstrip(")").partition("(")
    numbers = [float(number) for number in arguments.replace(",", " ").split()]
    if kind == "matrix":
        return transform.transform(numbers)
    if kind == "rotate":
        angle, *center = numbers
        x, y = center or (0, 0)
        return transform.translate(x, y).rotate(radians(angle)).translate(-x, -y)
    return transform


def _ellipse(element: ElementTree.Element) -> str:
    x, y = float(element.get("cx", "0")), float(element.get("cy", "0"))
    across, down = (float(element.get(name, element.get("r", "0"))) for name in ("rx", "ry"))
    half = f"a{across} {down} 0 1 1"
    return f"M{x - across} {y}{half} {2 * across} 0{half} {-2 * across} 0z"


_PATHS: Final = {"path": lambda element: element.get("d", ""), "circle": _ellipse, "ellipse": _ellipse}
