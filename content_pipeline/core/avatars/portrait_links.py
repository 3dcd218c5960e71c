"""Links to the portraits of the drawn avatars: drawn when they are first listed, and kept in the bucket."""

import hashlib
import io
import threading
from functools import cache
from pathlib import Path
from typing import Final

from content_pipeline.core import storage
from content_pipeline.core.media import avatars, reels
from content_pipeline.core.media.avatars.characters import Character
from content_pipeline.core.media.avatars.portraits import portrait

# What a portrait is drawn by: the character, and the backdrop, which is one of a reel's designs.
_DRAWN_BY: Final = (avatars, reels)
# While one thread draws, which takes 0.5 CPU s a character, the others wait for its pictures.
_LOCK: Final = threading.Lock()


def portrait_url(character: Character) -> str:
    """A signed link to the character's portrait, a JPEG. Raises Unavailable."""
    with _LOCK:
        return storage.signed_url(_stored(character))


@cache
def _stored(character: Character) -> str:
    """The key of the portrait in the bucket, where it is put if no process has done so before.

    Two processes that draw it at once put the same picture.
    """
    key = f"avatars/{character.id}-{_fingerprint()}.jpg"
    if not storage.exists(key):
        storage.put(key, io.BytesIO(portrait(character)), content_type="image/jpeg")
    return key


@cache
def _fingerprint() -> str:
    """A hash of the code that draws: a release that draws otherwise gets other keys, without drawing to find out."""
    digest = hashlib.sha256()
    for package in _DRAWN_BY:
        for module in sorted(Path(package.__path__[0]).glob("*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()[:16]
