"""Uploads: clients' own videos, pictures and sounds, which captions, reels and posts may use by their id."""

from uuid import UUID

from sqlalchemy.orm import Session

from content_pipeline.core.models import Upload
from content_pipeline.core.workspaces.ownership import owned


def get(session: Session, workspace_id: UUID, upload_id: UUID) -> Upload:
    """Raises NotFound, also for one that is deleted and for one whose parts are not complete."""
    return owned(session, Upload, workspace_id, upload_id)
