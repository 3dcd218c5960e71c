import io

import pytest
from PIL import Image

from content_pipeline.core.media.avatars.characters import CHARACTERS
from content_pipeline.core.media.avatars.portraits import SIZE, portrait

pytestmark = pytest.mark.slow


def test_every_character_has_a_small_picture_of_its_own() -> None:
    pictures = {portrait(character) for character in CHARACTERS.values()}
    assert len(pictures) == len(CHARACTERS)
    for picture in pictures:
        assert len(picture) < 100_000
        with Image.open(io.BytesIO(picture)) as opened:
            assert (opened.format, opened.size) == ("JPEG", SIZE)
