"""Draws the portraits of the avatars' characters into their files: `python -m` this module."""

from zlib import crc32

from PIL import Image

from content_pipeline.core.media.avatars import drawing, portraits
from content_pipeline.core.media.avatars.backdrops import backdrop
from content_pipeline.core.media.avatars.characters import CHARACTERS, Character
from content_pipeline.core.media.avatars.drawing import Box
from content_pipeline.core.media.avatars.eyes import Eyes
from content_pipeline.core.media.avatars.mouths import Mouth
from content_pipeline.core.media.reels import designs

SIZE = 480, 640
_BUST = Box(40, 120, 1040, 1453)


def draw(character: Character) -> Image.Image:
    """The smiling character in front of a backdrop that suits it, in SIZE."""
    design = designs.choose(sorted(character.moods), crc32(character.id.encode()))
    picture = backdrop(design, 0.0)
    drawing.draw(picture, character, Mouth(smile=1.0), Eyes())
    return picture.convert("RGB").crop(_BUST).resize(SIZE, Image.Resampling.LANCZOS)


def main() -> None:
    """Draw all characters."""
    for character in CHARACTERS.values():
        draw(character).save(portraits.file(character), "JPEG", quality=85)


if __name__ == "__main__":
    main()
