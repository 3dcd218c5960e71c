"""Rasterizes the layers of an avatar: SVG in canvas pixels to Pillow images."""

import io
from functools import cache
from typing import NamedTuple

import resvg_py
from PIL import Image

from content_pipeline.core.media.avatars import clothes, eyes, faces, hair, mouths
from content_pipeline.core.media.avatars.characters import Character
from content_pipeline.core.media.avatars.eyes import Eyes
from content_pipeline.core.media.avatars.mouths import Mouth


class Box(NamedTuple):
    """A rectangle of the canvas, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        return self.right - self.left, self.bottom - self.top


# Parts of the canvas, 1080 × 1920 pixels, that the layers cover.
HEAD = Box(216, 140, 864, 960)
TORSO = Box(0, 760, 1080, 1920)
EYES, GLASSES = Box(380, 474, 700, 656), Box(330, 474, 750, 684)
MOUTH = Box(446, 706, 634, 856)


def rasterize(content: str, box: Box) -> Image.Image:
    """The part of an SVG drawing that is in the box, RGBA."""
    width, height = box.size
    document = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="{box.left} {box.top} {width} {height}">{content}</svg>'
    )
    picture = resvg_py.svg_to_bytes(svg_string=document, skip_system_fonts=True)
    return Image.open(io.BytesIO(picture)).convert("RGBA")


def torso(character: Character) -> Image.Image:
    """Everything that does not turn with the head, in TORSO."""
    return rasterize(hair.behind(character) + clothes.draw(character) + hair.over_shoulders(character), TORSO)


def head(character: Character) -> Image.Image:
    """The head without eyes and mouth, in HEAD."""
    return rasterize(hair.back(character) + faces.draw(character) + hair.front(character), HEAD)


def eye_layer(character: Character, shape: Eyes) -> Image.Image:
    """Eyes, brows and glasses, in `eye_box`."""
    layer = rasterize(eyes.draw(character, shape), eye_box(character))
    if character.glasses:
        layer.alpha_composite(_glasses(character))
    return layer


@cache
def _glasses(character: Character) -> Image.Image:
    """They do not move: drawing them with each look would cost half as much as the eyes."""
    return rasterize(faces.glasses(character), GLASSES)


def eye_box(character: Character) -> Box:
    """What eyes, brows and glasses can cover."""
    return GLASSES if character.glasses else EYES


def mouth_layer(character: Character, shape: Mouth) -> Image.Image:
    """The mouth, in MOUTH."""
    return rasterize(mouths.draw(character, shape), MOUTH)


def draw(picture: Image.Image, character: Character, mouth: Mouth, look: Eyes) -> None:
    """Draw the character, upright, onto an RGBA picture of the canvas."""
    picture.alpha_composite(torso(character), TORSO[:2])
    picture.alpha_composite(head(character), HEAD[:2])
    picture.alpha_composite(eye_layer(character, look), eye_box(character)[:2])
    picture.alpha_composite(mouth_layer(character, mouth), MOUTH[:2])
