"""Links to the portraits of the drawn avatars, which are put into the bucket when they are first listed."""

import hashlib
import io
from functools import cache

from content_pipeline.core.infrastructure import storage
from content_pipeline.core.media.avatars.characters import Character
from content_pipeline.core.media.avatars.portraits import portrait


def portrait_url(character: Character) -> str:
    """A signed link to the character's portrait, a JPEG. Raises Unavailable."""
    return storage.signed_url(put_portrait(character))


@cache
def put_portrait(character: Character) -> str:
    """The key of the portrait in the bucket, where it is put unless another process did so.

    The key has a hash of the content, so a new drawing gets a new one, and two processes put the same.
    """
    picture = portrait(character)
    key = f"avatars/{character.id}-{hashlib.sha256(picture).hexdigest()[:16]}.jpg"
    if not storage.exists(key):
        storage.put(key, io.BytesIO(picture), content_type="image/jpeg")
    return key
