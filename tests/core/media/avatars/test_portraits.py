"""Portraits of the characters."""

import io

import numpy as np
import pytest
from PIL import Image

from content_pipeline.core.media.avatars.characters import CHARACTERS
from content_pipeline.core.media.avatars.portrait_drawing import SIZE, draw
from content_pipeline.core.media.avatars.portraits import portrait

pytestmark = pytest.mark.slow


def test_every_character_has_a_small_picture_of_its_own() -> None:
    pictures = {portrait(character) for character in CHARACTERS.values()}
    assert len(pictures) == len(CHARACTERS)
    assert max(map(len, pictures)) < 100_000


@pytest.mark.parametrize("name", CHARACTERS)
def test_the_pictures_show_what_is_drawn_now(name: str) -> None:
    """After a change, `python -m content_pipeline.core.media.avatars.portrait_drawing` draws them again."""
    with Image.open(io.BytesIO(portrait(CHARACTERS[name]))) as opened:
        assert (opened.format, opened.size) == ("JPEG", SIZE)
        difference = np.asarray(opened, float) - np.asarray(draw(CHARACTERS[name]), float)
    assert np.abs(difference).mean() < 2  # the loss of JPEG
