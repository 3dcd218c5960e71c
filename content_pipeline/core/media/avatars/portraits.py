"""Portraits of the avatars' characters, for lists and previews."""

import io
from zlib import crc32

from PIL import Image

from content_pipeline.core.media.avatars import drawing
from content_pipeline.core.media.avatars.backdrops import backdrop
from content_pipeline.core.media.avatars.characters import Character
from content_pipeline.core.media.avatars.drawing import Box
from content_pipeline.core.media.avatars.eyes import Eyes
from content_pipeline.core.media.avatars.mouths import Mouth
from content_pipeline.core.media.reels import designs

SIZE = 480, 640
_BUST = Box(40, 120, 1040, 1453)


def portrait(character: Character) -> bytes:
    """A JPEG of SIZE: the smiling character in front of a backdrop that suits it. Takes 0.5 CPU s."""
    design = designs.choose(sorted(character.moods), crc32(character.id.encode()))
    picture = backdrop(design, 0.0)
    drawing.draw(picture, character, Mouth(smile=1.0), Eyes())
    target = io.BytesIO()
    bust = picture.convert("RGB").crop(_BUST).resize(SIZE, Image.Resampling.LANCZOS)
    bust.save(target, "JPEG", quality=85)
    return target.getvalue()
