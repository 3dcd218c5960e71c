"""Requests for captions of a recording that is stored, as the API leaves them."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from content_pipeline.core.captions import captions
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.probe import probe
from content_pipeline.core.models import Task


def request_captions(workspace_id: UUID, recording: Path, **options: Any) -> Task:
    """The task of new captions; `options` are those of `captions.create_with_task`."""
    caption_id = uuid4()
    key = captions.source_key(workspace_id, caption_id)
    storage.put(key, recording, content_type="application/octet-stream")
    with transaction() as session:
        _, task = captions.create_with_task(
            session,
            workspace_id=workspace_id,
            caption_id=caption_id,
            source_key=key,
            media=probe(recording),
            **{"language": "auto", "burn_in": False} | options,
        )
    return task
