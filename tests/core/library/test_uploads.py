"""Uploads: who finds them, and until when."""

from uuid import UUID

import pytest

from content_pipeline.core.errors import Conflict, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library import multipart_uploads, uploads
from tests.factories import make_multipart_upload, make_upload, make_workspace


def test_an_upload_is_found_by_its_id_in_its_workspace(workspace_id: UUID) -> None:
    with transaction() as session:
        made = make_upload(session, workspace_id)
        assert uploads.get(session, workspace_id, made.id) is made
        assert made.duration == 10.0
        with pytest.raises(NotFound) as caught:
            uploads.get(session, make_workspace(session), made.id)
    assert caught.value.code == "upload_not_found"


def test_neither_a_deleted_upload_nor_one_in_parts_is_found(workspace_id: UUID) -> None:
    with transaction() as session:
        deleted = make_upload(session, workspace_id, deleted_at=now())
        for upload_id in (deleted.id, make_multipart_upload(session, workspace_id).id):
            with pytest.raises(NotFound):
                uploads.get(session, workspace_id, upload_id)


def test_a_workspace_has_a_limited_number_of_open_uploads_in_parts(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multipart_uploads, "MOST_OPEN", 1)
    with transaction() as session:
        first = make_multipart_upload(session, workspace_id)
        make_multipart_upload(session, make_workspace(session))
        with pytest.raises(Conflict) as caught:
            make_multipart_upload(session, workspace_id)
        assert (caught.value.code, bool(caught.value.remedy)) == ("too_many_uploads", True)
        session.delete(first)
        session.flush()
        make_multipart_upload(session, workspace_id)
