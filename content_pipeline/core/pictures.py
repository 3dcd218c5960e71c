"""Stores pictures in the bucket at short addresses, for metadata in Dagster.

Dagster shows Markdown inline below 1,000 characters, which no picture in a data URL has. A signed link to the bucket
would expire after a week. The name has a hash of the content, so that nobody can guess it.
"""

import hashlib
import io
import re
from datetime import date
from typing import Final

from content_pipeline.core import storage
from content_pipeline.core.clock import now
from content_pipeline.core.errors import NotFound
from content_pipeline.core.settings import settings

PATH: Final = "/pictures"
_FOLDER: Final = "pictures"
_NAME: Final = re.compile(r"(\d{4}-\d\d-\d\d)-[0-9a-f]{32}\.png")


def publish(png: bytes) -> str:
    """Store a PNG, and return its public address. Raises Unavailable."""
    name = f"{now():%Y-%m-%d}-{hashlib.sha256(png).hexdigest()[:32]}.png"
    storage.put(f"{_FOLDER}/{name}", io.BytesIO(png), content_type="image/png")
    return f"{settings().public_url.rstrip('/')}{PATH}/{name}"


def signed_url(name: str) -> str:
    """A signed link to the picture of an address. Raises NotFound for what is no name of a picture."""
    if not _NAME.fullmatch(name):
        raise NotFound("There is no such picture.")
    return storage.signed_url(f"{_FOLDER}/{name}")


def stored_on(key: str) -> date | None:
    """The day on which an object of the bucket was stored as a picture; None for other objects."""
    found = _NAME.fullmatch(key.removeprefix(f"{_FOLDER}/")) if key.startswith(f"{_FOLDER}/") else None
    return date.fromisoformat(found[1]) if found else None
