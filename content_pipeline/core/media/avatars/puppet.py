"""An avatar as a puppet: layers drawn once, put together for each pose and warped as one picture.

The warp moves the points of a coarse mesh: it rolls and shifts the head, turns it by moving the middle of the face
more than its outline, and lowers the jaw together with chin, beard and lower cheeks. One resampling a frame costs
less than one for each part, and what is in the face cannot slip.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import product
from math import cos, radians, sin
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from content_pipeline.core.infrastructure.process_memory import dropped_when_idle
from content_pipeline.core.media.avatars import drawing
from content_pipeline.core.media.avatars.characters import CHARACTERS
from content_pipeline.core.media.avatars.drawing import HEAD, MOUTH, TORSO, Box
from content_pipeline.core.media.avatars.eyes import Eyes
from content_pipeline.core.media.avatars.mouths import Mouth

Grid = NDArray[np.float64]
Pixels = NDArray[np.uint8]  # (height, width, 4)

# The head rolls around the top of the spine.
_PIVOT = (540.0, 850.0)
_FACE = (540.0, 640.0)
_FACE_SIZE = (215.0, 330.0)
# In pixels, the middle of the face moves this far when the head turns, and the chin falls this far.
_YAW, _PITCH, _JAW = 17, 12, 20
_JAW_TOP, _JAW_BOTTOM, _JAW_WIDTH = 700.0, 864.0, 230.0
_CELLS = 9  # of the mesh, in each direction
# Room for the motion around the head: at most 2.3 degrees, which are 26 pixels at its top, and 10 pixels aside.
_MARGIN = 34
# Steps of a shape's values, of 1.5 to 4 pixels: finer ones are not seen, and every new mouth costs 6 ms, new eyes 13.
_MOUTH_STEPS = Mouth(open=1 / 16, spread=1 / 4, pucker=1 / 5, press=1 / 4, tuck=1 / 4, tongue=1 / 3, smile=1 / 4)
_EYES_STEPS = Eyes(open=1 / 6, across=1 / 8, down=1 / 8, brows=1 / 6)
_BREATH_PIXELS = 6.0
_ENLARGED = 2


class Pose(NamedTuple):
    """Position of the head: see `motion.Motion`. `jaw` is 0 to 1."""

    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    jaw: float = 0.0


class Puppet:
    """A character's layers.

    `box` is the part of the canvas that a moving head can cover, its edges even; `head` the head in it, enlarged.
    """

    def __init__(self, character_id: str) -> None:
        self.character = CHARACTERS[character_id]
        self._torso = _relabel(_bleed_edges(drawing.torso(self.character)), "RGBX")
        head = drawing.head(self.character)
        self.box = _room_for(head)
        self._head = _bleed_edges(_crop(head, self.box))
        self.head = _enlarge(self._head)
        width, height = self.box.size
        self._xs, self._ys = (
            [round(side * number / _CELLS) for number in range(_CELLS + 1)] for side in (width, height)
        )
        drawn = self._cells_with_pixels()
        self._cells = [self._cell(row, column) for row, column in drawn]
        # Pillow's order: upper left, lower left, lower right, upper right
        self._corners = np.array(drawn)[:, None, :] + [[0, 0], [1, 0], [1, 1], [0, 1]]

    def _cells_with_pixels(self) -> list[tuple[int, int]]:
        """Row and column of the cells of the mesh that any pose can draw into: those near a pixel."""
        alpha = self._head.getchannel("A")
        return [
            (row, column)
            for row, column in product(range(_CELLS), repeat=2)
            if alpha.crop(self._cell(row, column, _MARGIN + _JAW)).getbbox()
        ]

    def _cell(self, row: int, column: int, margin: int = 0) -> Box:
        left, right = self._xs[column : column + 2]
        top, bottom = self._ys[row : row + 2]
        return Box(left - margin, top - margin, right + margin, bottom + margin)

    def mesh(self, pose: Pose) -> list[tuple[Box, tuple[float, ...]]]:
        """For each cell of the result, the corners of the quadrilateral of the enlarged head that fills it."""
        left, top = self.box[:2]
        grid_x, grid_y = np.meshgrid(np.array(self._xs, float) + left, np.array(self._ys, float) + top)
        from_x, from_y = _source(pose, grid_x, grid_y)
        points = _ENLARGED * np.stack([from_x - left, from_y - top], axis=-1)
        corners = points[self._corners[..., 0], self._corners[..., 1]].reshape(len(self._cells), -1)
        return list(zip(self._cells, map(tuple, corners.tolist()), strict=True))

    def draw_torso(self, breath: float) -> Image.Image:
        """The torso in TORSO, RGBA, stretched upwards from its lower edge by `breath`, from 0 to 1."""
        part = 0, _BREATH_PIXELS * breath, *TORSO.size
        return _relabel(self._torso.resize(TORSO.size, Image.Resampling.BILINEAR, part), "RGBA")

    def patch(self, layer: Image.Image, box: Box) -> Pixels:
        """A part of the head with a layer on it, enlarged."""
        part = self._head.crop(_within(box, self.box))
        part.alpha_composite(layer)
        return _enlarge(part)


class Head:
    """The head of a puppet in motion: for one render, not to be shared by threads."""

    def __init__(self, figure: Puppet) -> None:
        self._figure = figure
        self._pixels = figure.head.copy()
        self._shown: dict[Box, Mouth | Eyes] = {}

    def draw(self, pose: Pose, mouth: Mouth, eyes: Eyes) -> Image.Image:
        """The head in the puppet's `box`, RGBA."""
        id = self._figure.character.id
        mouth, eyes = Mouth(*_quantized(mouth, _MOUTH_STEPS)), Eyes(*_quantized(eyes, _EYES_STEPS))
        self._show(drawing.eye_box(self._figure.character), eyes, lambda: _eye_layer(id, eyes))
        self._show(MOUTH, mouth, lambda: _mouth_layer(id, mouth))
        height, width, _ = self._pixels.shape
        source = Image.frombuffer("RGBX", (width, height), self._pixels, "raw", "RGBX", 0, 1)
        # Nearest-neighbor sampling of an enlarged picture looks as good as bilinear sampling of a plain one, at a fifth
        # of its cost.
        size = self._figure.box.size
        moved = source.transform(size, Image.Transform.MESH, self._figure.mesh(pose), Image.Resampling.NEAREST)
        return _relabel(moved, "RGBA")

    def _show(self, box: Box, shape: Mouth | Eyes, layer: Callable[[], Image.Image]) -> None:
        if self._shown.get(box) != shape:
            left, top, right, bottom = (edge * _ENLARGED for edge in _within(box, self._figure.box))
            self._pixels[top:bottom, left:right] = self._figure.patch(layer(), box)
            self._shown[box] = shape


@dropped_when_idle
@lru_cache(maxsize=2)
def load(character_id: str) -> Puppet:
    """The puppet of a character, kept between renders. The first call takes 0.4 CPU seconds."""
    return Puppet(character_id)


@dropped_when_idle
@lru_cache(maxsize=400)
def _mouth_layer(character_id: str, mouth: Mouth) -> Image.Image:
    return drawing.mouth_layer(CHARACTERS[character_id], mouth)


@dropped_when_idle
@lru_cache(maxsize=120)
def _eye_layer(character_id: str, eyes: Eyes) -> Image.Image:
    return drawing.eye_layer(CHARACTERS[character_id], eyes)


def _quantized(shape: Iterable[float], steps: Iterable[float]) -> Iterator[float]:
    return (round(value / step) * step for value, step in zip(shape, steps, strict=True))


def _room_for(head: Image.Image) -> Box:
    """The part of the canvas that the head, drawn in HEAD, can move in."""
    left, top, right, bottom = head.getchannel("A").getbbox() or (0, 0, *HEAD.size)
    edges = left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN + _JAW
    return Box(*((edge + offset) // 2 * 2 for edge, offset in zip(edges, HEAD[:2] * 2, strict=True)))


def _crop(head: Image.Image, box: Box) -> Image.Image:
    cropped = Image.new("RGBA", box.size)
    cropped.paste(head, (HEAD.left - box.left, HEAD.top - box.top))
    return cropped


def _within(part: Box, whole: Box) -> Box:
    """The part in coordinates of the whole."""
    left, top = whole[:2]
    return Box(part.left - left, part.top - top, part.right - left, part.bottom - top)


def _enlarge(picture: Image.Image) -> Pixels:
    """An RGBA picture whose edges were bled, enlarged."""
    width, height = picture.size
    size = width * _ENLARGED, height * _ENLARGED
    # This is the sharpest of the filters that take two pixels. Bicubic takes four pixels, costs half as much again, and
    # looks the same.
    return np.array(_relabel(picture, "RGBX").resize(size, Image.Resampling.HAMMING))


def _relabel(picture: Image.Image, mode: Literal["RGBA", "RGBX"]) -> Image.Image:
    """The same four bytes a pixel in another mode.

    Pillow would premultiply and divide an RGBA picture for each operation, which costs as much as the operation.
    """
    return Image.frombuffer(mode, picture.size, picture.tobytes(), "raw", mode, 0, 1)


def _bleed_edges(picture: Image.Image) -> Image.Image:
    """The picture with the colors of its edge in the transparent pixels around it, which keep their alpha of 0.

    Interpolation would otherwise mix black into the edge.
    """
    blurred = picture.convert("RGBa").filter(ImageFilter.BoxBlur(3)).convert("RGBA")
    pixels, around = np.array(picture), np.asarray(blurred)
    outside = pixels[..., 3] == 0
    pixels[outside, :3] = around[outside, :3]
    return Image.fromarray(pixels)


def _source(pose: Pose, x: Grid, y: Grid) -> tuple[Grid, Grid]:
    """Where the pixels at canvas position x, y of the posed head come from in the drawn head."""
    turn = radians(-pose.roll)
    across, down = x - pose.x - _PIVOT[0], y - pose.y - _PIVOT[1]
    x = _PIVOT[0] + across * cos(turn) - down * sin(turn)
    y = _PIVOT[1] + across * sin(turn) + down * cos(turn)
    inside = np.clip(1 - ((x - _FACE[0]) / _FACE_SIZE[0]) ** 2, 0, 1) * np.clip(
        1 - ((y - _FACE[1]) / _FACE_SIZE[1]) ** 2, 0, 1
    )
    fall = np.clip((y - _JAW_TOP) / (_JAW_BOTTOM - _JAW_TOP), 0, 1) * np.clip(
        1 - ((x - _FACE[0]) / _JAW_WIDTH) ** 2, 0, 1
    )
    return x - _YAW * pose.yaw * inside, y - _PITCH * pose.pitch * inside - _JAW * pose.jaw * fall
