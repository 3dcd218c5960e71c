"""Pictures for metadata in Dagster: stored in the bucket, and shown at short addresses by Dagster's webserver.

Dagster stores metadata twice, and shows Markdown inline below 1,000 characters, which no picture in a data URL has. A
signed link to the bucket would expire after a week. A name has a hash of the content, so that nobody can guess it.
What belongs to a workspace has a folder of its own, and is deleted with it.
"""

import hashlib
import io
import re
from datetime import date
from typing import Final, Literal
from uuid import UUID

from content_pipeline.core.errors import NotFound
from content_pipeline.core.infrastructure.clock import now

PATH: Final = "/pictures"
_FOLDER: Final = "pictures"
_NAME: Final = re.compile(r"(?:[0-9a-f]{16}/)?([0-9]{4}-[0-9]{2}-[0-9]{2})-[0-9a-f]{32}\.(jpg|png)")

Format = Literal["jpg", "png"]


def publish(picture: bytes, form: Format, workspace_id: UUID | None) -> str:
    """Store a picture of a workspace, or of all. Returns its path at Dagster's webserver. Raises Unavailable."""
    from content_pipeline.core.infrastructure import storage

    owner = f"{_folder_of(workspace_id)}/" if workspace_id else ""
    name = f"{owner}{now():%Y-%m-%d}-{hashlib.sha256(picture).hexdigest()[:32]}.{form}"
    storage.put(f"{_FOLDER}/{name}", io.BytesIO(picture), content_type=_media_type(form))
    return f"{PATH}/{name}"


def read(name: str) -> tuple[bytes, str]:
    """The picture of this name, and its media type. Raises NotFound, Unavailable."""
    # boto3 takes 20 MB, which the webserver needs with its first picture only.
    from content_pipeline.core.infrastructure import storage

    found = _NAME.fullmatch(name)
    if not found:
        raise NotFound("There is no such picture.", remedy="Reload the page that shows it.")
    return storage.load(f"{_FOLDER}/{name}"), _media_type(found[2])


def delete_of(workspace_id: UUID) -> None:
    """Delete all pictures of the workspace. Raises Unavailable."""
    from content_pipeline.core.infrastructure import storage

    storage.delete_folder(f"{_FOLDER}/{_folder_of(workspace_id)}/")


def stored_on(key: str) -> date | None:
    """The day on which an object of the bucket was stored as a picture; None for other objects."""
    found = _NAME.fullmatch(key.removeprefix(f"{_FOLDER}/")) if key.startswith(f"{_FOLDER}/") else None
    return date.fromisoformat(found[1]) if found else None


def _folder_of(workspace_id: UUID) -> str:
    """Not its id, which addresses would tell."""
    return hashlib.sha256(workspace_id.bytes).hexdigest()[:16]


def _media_type(form: str) -> str:
    return {"jpg": "image/jpeg", "png": "image/png"}[form]
