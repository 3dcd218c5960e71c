"""Response field type for presigned URLs, which idempotency keys do not store."""

from typing import Annotated, Final

from pydantic import PlainSerializer, SerializationInfo

# The context in which an answer is serialized to be stored (`api/idempotency.py`).
STORED: Final = "stored"


def _unless_stored(url: str | None, info: SerializationInfo) -> str | None:
    return None if info.context == STORED else url


SignedUrl = Annotated[str | None, PlainSerializer(_unless_stored)]
