"""Deletion of uploads: by a client, or when their time is over; never while unfinished work needs them."""

from contextlib import suppress
from uuid import UUID

from sqlalchemy import select

from content_pipeline.core.errors import Conflict, NotFound, Unavailable
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.library import multipart_uploads, uploads
from content_pipeline.core.models import MultipartUpload, Upload
from content_pipeline.core.operations.maintenance import file_uses
from content_pipeline.core.workspaces import audit
from content_pipeline.core.workspaces.audit import Actor
from content_pipeline.core.workspaces.ownership import owned


def delete(workspace_id: UUID, upload_id: UUID, *, by: Actor = audit.SERVICE) -> None:
    """Delete an upload and its file. Raises NotFound, and Conflict `in_use` while unfinished work needs it.

    If the object store does not respond, the file is deleted by retention.
    """
    with transaction() as session:
        upload = uploads.get(session, workspace_id, upload_id, lock="update")
        if file_uses.is_upload_needed(session, upload):
            raise Conflict(
                "Work that is not finished needs this upload.",
                code="in_use",
                remedy="Wait for it to end, cancel the tasks and posts that use it, or change the covers of twins.",
            )
        upload.deleted_at = now()
        audit.record(session, workspace_id, by, "uploads.delete", "upload", upload_id)
    _delete_file(upload)


def drop(workspace_id: UUID, upload_id: UUID, *, by: Actor = audit.SERVICE) -> None:
    """Delete an upload that is not complete, and its parts. Raises NotFound, also when it was completed meanwhile."""
    with transaction() as session:
        # The row is locked, because a completion at this moment would make an upload of the same file.
        upload = owned(session, MultipartUpload, workspace_id, upload_id, lock="update")
        session.delete(upload)
        audit.record(session, workspace_id, by, "uploads.drop", "upload", upload_id)
    with suppress(Unavailable):
        multipart_uploads.drop(upload)


def sweep() -> None:
    """Delete uploads whose time is over, except those that are needed, and those whose parts were not completed."""
    with transaction() as session:
        expired = select(Upload.id).where(Upload.expires_at < now(), Upload.deleted_at.is_(None))
        ids = list(session.scalars(expired))
        abandoned = list(
            session.scalars(select(MultipartUpload).where(MultipartUpload.created_at < now() - multipart_uploads.KEPT))
        )
    for upload_id in ids:
        with isolated("retention", str(upload_id)):
            _expire(upload_id)
    for partial in abandoned:
        with isolated("retention", str(partial.id)), suppress(NotFound):  # completed meanwhile
            drop(partial.workspace_id, partial.id)


def _expire(upload_id: UUID) -> None:
    with transaction() as session:
        upload = session.get_one(Upload, upload_id, with_for_update=True)
        if file_uses.is_upload_needed(session, upload):
            return
        upload.deleted_at = now()
    _delete_file(upload)


def _delete_file(upload: Upload) -> None:
    with suppress(Unavailable):
        storage.delete(upload.file_key)
