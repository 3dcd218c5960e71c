"""Deletion of uploads: what is needed stays, what is over its time or abandoned goes with its files."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest

from content_pipeline.core.calendar import items
from content_pipeline.core.captions import captions
from content_pipeline.core.errors import NotFound, Unavailable
from content_pipeline.core.infrastructure import s3_multipart, storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library import multipart_uploads, uploads
from content_pipeline.core.library.examination import Examined
from content_pipeline.core.models import MultipartUpload, Twin, Upload
from content_pipeline.core.operations.maintenance import retention, upload_deletion
from content_pipeline.core.tasks import tasks
from content_pipeline.core.workspaces import workspaces
from tests.core.lock_waits import is_lock_awaited
from tests.factories import make_item, make_multipart_upload, make_twin, make_upload
from tests.polling import until


def stored_upload(workspace_id: UUID, *, expires_in: timedelta = timedelta(days=1)) -> Upload:
    """An upload with its file."""
    with transaction() as session:
        upload = make_upload(session, workspace_id, expires_at=now() + expires_in)
    storage.put(upload.file_key, io.BytesIO(b"video"), content_type="video/mp4")
    return upload


def is_kept(upload: Upload) -> bool:
    """Whether both row and file are there; they go together."""
    with transaction() as session:
        has_row = session.get_one(Upload, upload.id).deleted_at is None
    assert storage.exists(upload.file_key) is has_row
    return has_row


def test_uploads_are_kept_for_their_time(workspace_id: UUID) -> None:
    over, young = (stored_upload(workspace_id, expires_in=timedelta(hours=hours)) for hours in (-1, 1))
    upload_deletion.sweep()
    assert (is_kept(over), is_kept(young)) == (False, True)


def test_an_upload_is_kept_while_a_task_needs_it(workspace_id: UUID) -> None:
    upload = stored_upload(workspace_id, expires_in=timedelta(hours=-1))
    with transaction() as session:
        _, task = captions.create_with_task(
            session,
            workspace_id=workspace_id,
            source_url=storage.uri(upload.file_key),
            language="en",
            burn_in=False,
        )
    upload_deletion.sweep()
    assert is_kept(upload)
    with transaction() as session:
        tasks.mark_processing(session, task.kind, task.key)
        tasks.finish(session, task.id)
    upload_deletion.sweep()
    assert not is_kept(upload)


def test_an_upload_is_kept_while_a_post_of_it_is_planned(workspace_id: UUID) -> None:
    upload = stored_upload(workspace_id, expires_in=timedelta(hours=-1))
    with transaction() as session:
        item = make_item(session, make_twin(session, workspace_id))
        item.reel_url = storage.uri(upload.file_key)
    upload_deletion.sweep()
    assert is_kept(upload)
    with transaction() as session:
        items.cancel(session, items.get(session, workspace_id, item.id, lock=True))
    upload_deletion.sweep()
    assert not is_kept(upload)


def test_an_upload_is_kept_while_it_is_the_cover_of_a_planned_post(workspace_id: UUID) -> None:
    upload = stored_upload(workspace_id, expires_in=timedelta(hours=-1))
    with transaction() as session:
        picture = session.get_one(Upload, upload.id)
        picture.kind, picture.content_type = "picture", "image/jpeg"
    cover = {"cover_url": storage.signed_url(upload.file_key)}
    with transaction() as session:
        twin = make_twin(session, workspace_id, platform_defaults={"instagram": cover})
        item = make_item(session, twin)
        item.options = cover
    upload_deletion.sweep()
    assert is_kept(upload)
    with transaction() as session:
        items.cancel(session, items.get(session, workspace_id, item.id, lock=True))
    upload_deletion.sweep()
    assert is_kept(upload), "the defaults of the twin name it"
    with transaction() as session:
        session.get_one(Twin, twin.id).platform_defaults = {}
    upload_deletion.sweep()
    assert not is_kept(upload)


def test_a_file_that_the_store_could_not_delete_is_deleted_later(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, other = stored_upload(workspace_id), stored_upload(workspace_id)

    def fail(_key: str) -> None:
        raise Unavailable("The object store did not take or give it.")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "delete", fail)
        upload_deletion.delete(workspace_id, upload.id)
    assert storage.exists(upload.file_key)
    monkeypatch.setattr(retention, "real_now", _after_a_day)
    retention.sweep_files()
    assert (storage.exists(upload.file_key), is_kept(other)) == (False, True)


def test_parts_that_were_not_completed_are_deleted_after_a_day(workspace_id: UUID) -> None:
    with transaction() as session:
        abandoned, young = (make_multipart_upload(session, workspace_id) for _ in range(2))
        abandoned.created_at = now() - multipart_uploads.KEPT - timedelta(minutes=1)
    address = s3_multipart.presign_part(abandoned.file_key, abandoned.store_id, 2, size=1000)
    assert httpx.put(address, content=bytes(1000)).status_code == 200
    upload_deletion.sweep()
    with transaction() as session:
        assert session.get(MultipartUpload, abandoned.id) is None
        assert session.get(MultipartUpload, young.id)
    with pytest.raises(NotFound):
        s3_multipart.list_parts(abandoned.file_key, abandoned.store_id)
    assert s3_multipart.list_parts(young.file_key, young.store_id) == []


def test_a_completion_at_the_same_moment_keeps_its_file(workspace_id: UUID) -> None:
    with transaction() as session:
        partial = make_multipart_upload(session, workspace_id)
        plan = workspaces.plan_of(session, workspace_id)
    storage.put(partial.file_key, io.BytesIO(b"video"), content_type="video/mp4")  # as its parts are when joined
    examined = Examined("video", "video/mp4", None, 64, 36)
    with ThreadPoolExecutor(1) as other:
        with transaction() as session:
            multipart_uploads.finish(session, plan, workspace_id, partial.id, examined)
            dropped = other.submit(upload_deletion.drop, workspace_id, partial.id)
            until(is_lock_awaited, seconds=30, what="a drop that waits")
        with pytest.raises(NotFound):
            dropped.result()
    assert storage.exists(partial.file_key)


def test_parts_without_a_row_are_deleted_after_a_day_and_those_of_users_are_not(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = uploads.file_key(workspace_id, workspace_id), "inbox/mine/reels.csv"
    begun = [(key, s3_multipart.create(key)) for key in lost]
    retention.sweep_files()
    assert set(begun) <= set(s3_multipart.list_unfinished(older_than=_after_a_day()))
    monkeypatch.setattr(retention, "real_now", _after_a_day)
    retention.sweep_files()
    left = set(s3_multipart.list_unfinished(older_than=_after_a_day()))
    assert left & set(begun) == {begun[1]}
    s3_multipart.abort(*begun[1])


def _after_a_day() -> datetime:
    return now() + timedelta(days=1, minutes=1)
